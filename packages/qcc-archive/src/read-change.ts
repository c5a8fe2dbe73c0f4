import { isUtf8 } from 'node:buffer';
import { readDay } from 'qcc-core/base/read-date';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import { type ChangeRecord, IDENTIFIER_MAX_BYTES } from 'qcc-core/contract/domain';
import type { CutElement } from './json/cut-elements.ts';
import { rawMembers } from './json/raw-members.ts';

/** Goes up whenever the same bytes would give another record. */
export const PARSER_VERSION = 4;

/** Why one record is refused; the others of its archive live. */
type RecordRejectionReason = Extract<DeadLetterReason, `RECORD_${string}` | 'MESSAGE_REFUSED'>;

/** What every record of one extraction shares. */
export type ExtractionContext = {
  account: string;
  orderNo: string;
  revision: number;
  source: string;
  archiveSha256: string;
  pushDate: number;
};

/** What the document says of a change: the record without its lineage. */
export type Change = Omit<ChangeRecord, keyof ExtractionContext | 'position' | 'parserVersion'>;

type Rejection = { kind: 'rejected'; reason: RecordRejectionReason; message: string };
export type ChangeOutcome = { kind: 'change'; change: Change } | Rejection;
/** `element` is what was refused, as it stood in the archive. */
export type RejectedElement = Rejection & { position: number; element: CutElement };

const REQUIRED_FIELDS = ['id', 'corpKeyNo', 'type'] as const;
const IDENTIFIERS = ['id', 'corpKeyNo'] as const;
/** What the document names (6.2.6), in the order of the topic's schema. */
export const DOCUMENT_FIELDS = [
  'id',
  'corpKeyNo',
  'corpName',
  'type',
  'typeName',
  'category',
  'categoryName',
  'changeContent',
  'changeExtend',
  'changeDate',
  'checkId',
  'creditCode',
  'regNo',
] as const;
const KNOWN_FIELDS: ReadonlySet<string> = new Set(DOCUMENT_FIELDS);
const EXTRA_MAX_DEPTH = 64;

/**
 * Reads one element of `result` (document 6.2.6). Blanks around names and codes are removed, and numbers become text. Unknown fields,
 * and values that do not fit their field, go to `extra` as the original JSON text. A name becomes JSON text, too, if it cannot be a key
 * of `extra`: it is used already, is not well-formed, or is `__proto__`, which avsc and other readers drop from a map.
 */
export function readChange(element: CutElement): ChangeOutcome {
  if (element.kind === 'tooLarge') return reject('RECORD_TOO_LARGE', `it has ${element.byteLength} bytes`);
  if (!isUtf8(element.content)) return reject('RECORD_NOT_UTF8', 'it is not UTF-8');
  const json = element.content.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // V8's message quotes the record; the dead letter holds its bytes, the log need not.
    return reject('RECORD_NOT_JSON', 'it is not JSON');
  }
  if (!isObject(value)) return reject('RECORD_NOT_OBJECT', 'it is JSON, but no object');

  const fields = createFieldReader(value, json);
  const change: Change = {
    id: fields.text('id') ?? '',
    corpKeyNo: fields.text('corpKeyNo') ?? '',
    corpName: fields.text('corpName'),
    type: fields.text('type')?.trim() ?? '',
    typeName: fields.text('typeName'),
    category: fields.text('category')?.trim() ?? null,
    categoryName: fields.text('categoryName'),
    changeContent: fields.text('changeContent'),
    changeExtend: fields.textOrJson('changeExtend'),
    eventDate: null,
    changeDate: fields.day('changeDate'),
    checkId: fields.text('checkId') || null,
    creditCode: fields.text('creditCode') || null,
    regNo: fields.text('regNo') || null,
    extra: {},
  };
  change.eventDate = readEventDate(change.changeExtend);
  for (const name of REQUIRED_FIELDS) {
    if (fields.isMisfit(name)) return reject('RECORD_FIELD_INVALID', `its ${name} is no proper text`);
    if (change[name] === '') return reject('RECORD_FIELD_MISSING', `it has no ${name}`);
  }
  for (const name of IDENTIFIERS) {
    const bytes = Buffer.byteLength(change[name]);
    if (bytes > IDENTIFIER_MAX_BYTES)
      return reject('RECORD_FIELD_INVALID', `its ${name} has ${bytes} bytes, more than ${IDENTIFIER_MAX_BYTES}`);
  }
  const extra = fields.extra();
  if (extra === null) return reject('RECORD_TOO_DEEP', `a field is nested deeper than ${EXTRA_MAX_DEPTH} levels`);
  change.extra = extra;
  return { kind: 'change', change };
}

const reject = (reason: RecordRejectionReason, what: string): Rejection => ({
  kind: 'rejected',
  reason,
  message: `the record is refused: ${what}`,
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads fields of one record, and notes which names and values go to `extra`. The source text is looked at only then. */
function createFieldReader(object: Record<string, unknown>, json: string) {
  const unknownKeys: string[] = [];
  let fields = object;
  for (const key of Object.keys(object)) {
    if (KNOWN_FIELDS.has(key)) continue;
    const name = key.trim();
    if (KNOWN_FIELDS.has(name) && !Object.hasOwn(fields, name)) fields = { ...fields, [name]: object[key] };
    else unknownKeys.push(key);
  }
  const misfits = new Set<string>();
  let members: Map<string, string> | null | undefined;
  const source = (): Map<string, string> | null => {
    if (members === undefined) members = rawMembers(json, EXTRA_MAX_DEPTH);
    return members;
  };
  /** The JSON text of a known field; its key may have blanks. */
  const rawField = (name: string): string | null => {
    const key = Object.hasOwn(object, name) ? name : Object.keys(object).find((each) => each.trim() === name);
    return (key !== undefined && source()?.get(key)) || null;
  };
  const misfit = (name: string): null => {
    misfits.add(name);
    return null;
  };

  const text = (name: string): string | null => {
    const value = fields[name];
    if (typeof value === 'string') {
      if (value.isWellFormed()) return value;
      misfits.add(name);
      return value.toWellFormed();
    }
    if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : rawField(name);
    return value === undefined || value === null ? null : misfit(name);
  };
  return {
    text,
    textOrJson: (name: string): string | null => (fields[name] instanceof Object ? rawField(name) : text(name)),
    day: (name: string): number | null => {
      const value = text(name);
      return value === null || value.trim() === '' ? null : (readDate(value) ?? misfit(name));
    },
    isMisfit: (name: string): boolean => misfits.has(name),
    /** null where the record is nested too deep. */
    extra: (): Record<string, string> | null => {
      if (unknownKeys.length === 0 && misfits.size === 0 && members === undefined) return {};
      const raw = source();
      if (raw === null) return null;
      const named = new Map([...misfits].map((name) => [name, rawField(name) ?? 'null']));
      for (const key of unknownKeys) {
        const name = key.trim();
        const standsAsIs = name !== '__proto__' && name.isWellFormed() && !named.has(name);
        named.set(standsAsIs ? name : JSON.stringify(key), raw.get(key) ?? 'null');
      }
      return Object.fromEntries(named);
    },
  };
}

/** Size of the cache of days, for the whole process. Changes have only a few different days, with short texts. */
const MOST_DAYS = 10_000;
const LONGEST_DAY = 32;
const days = new Map<string, number>();

/** Like `readDay`, but faster, because days are cached. */
export function readDate(text: string): number | null {
  const known = days.get(text);
  if (known !== undefined) return known;
  const day = readDay(text);
  if (day === null || text.length > LONGEST_DAY) return day;
  if (days.size >= MOST_DAYS) days.clear();
  // A copy, because a part of an element's text would keep the whole text in memory.
  days.set(Buffer.from(text).toString(), day);
  return day;
}

/** The day of the event that `changeExtend` names, in any form that `readDay` knows, or as a number. */
export function readEventDate(changeExtend: string | null): number | null {
  if (!changeExtend) return null;
  try {
    const extend: unknown = JSON.parse(changeExtend);
    if (!isObject(extend)) return null;
    const { date } = extend;
    return typeof date === 'string' || typeof date === 'number' ? readDate(String(date)) : null;
  } catch {
    return null;
  }
}
