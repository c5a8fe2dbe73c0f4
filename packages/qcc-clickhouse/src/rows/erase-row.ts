import { avroType } from 'qcc-core/avro/types';
import type { EnrichedRecord, PortfolioMember } from 'qcc-core/contract/domain';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import { namedCompany } from 'qcc-evidence/erasure/subject';
import { NAME_COLUMNS } from '../personal-columns.ts';
import type { DeadLetterRow } from './to-dead-letter-row.ts';

type Redactor = Pick<Eraser, 'redact'>;

const FIELDS = NAME_COLUMNS.map((column) => column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));

/** A row of `record_history`, or a part of its columns, without the names that were erased; itself where it has none. */
export const redactRow = <Row extends { account: string; corp_key_no: string }>(
  eraser: Redactor,
  row: Row,
  columns: readonly string[] = NAME_COLUMNS,
): Row =>
  redactMembers(row, columns, (text) => eraser.redact({ account: row.account, corpKeyNo: row.corp_key_no }, text));

/** The same for a value of `enriched-records`. */
export function redactRecord(eraser: Redactor, enriched: EnrichedRecord): EnrichedRecord {
  const redact = (text: string) => eraser.redact(enriched.record, text);
  const record = redactMembers(enriched.record, FIELDS, redact);
  const details = redactMembers(enriched, FIELDS, redact);
  return record === enriched.record ? details : { ...details, record };
}

/**
 * A customer of a portfolio without the names that were erased; itself where it has none. A customer without code and number is
 * identified by its name, so its key changes.
 * @param corpKeyNo of the company that the customer was matched to, for names that were erased in this company only.
 */
export function redactMember(
  eraser: Redactor,
  member: PortfolioMember,
  corpKeyNo: string | null = null,
): PortfolioMember {
  const redact = (text: string) => eraser.redact({ account: member.account, corpKeyNo }, text);
  return redactMembers(member, ['member', 'name', 'attributes'], redact);
}

/**
 * `redactRecord` for the Avro binary of a record, which is decoded only if names were erased.
 * @returns also whether the name of the company changed. Such a row gets no pseudonym, because that would tell whose shop it was.
 */
export function redactBody(eraser: Eraser, body: Buffer): { body: Buffer; isRenamed: boolean } {
  if (!eraser.erasesNames) return { body, isRenamed: false };
  const type = avroType('enriched-records');
  const before: EnrichedRecord = type.fromBuffer(body);
  const after = redactRecord(eraser, before);
  const isRenamed = after.record.corpName !== before.record.corpName;
  return { body: after === before ? body : type.toBuffer(after), isRenamed };
}

function redactMembers<Whole extends object>(
  whole: Whole,
  names: readonly string[],
  redact: (text: string) => string,
): Whole {
  const changes = names.flatMap((name) => {
    const before: unknown = Reflect.get(whole, name);
    const after = redactWithin(before, redact);
    return after === before ? [] : [[name, after] as const];
  });
  return changes.length === 0 ? whole : { ...whole, ...Object.fromEntries(changes) };
}

/** Redacts each text in a value except the `id` of a case. Returns the very same value if nothing changes. */
function redactWithin(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  const before = Object.entries(value);
  const after = before.map(([key, member]) => [key, key === 'id' ? member : redactWithin(member, redact)] as const);
  if (after.every(([, member], index) => member === before[index]![1])) return value;
  return Array.isArray(value) ? after.map(([, member]) => member) : Object.fromEntries(after);
}

/**
 * Returns a row of `dead_letters` without erased data. If it is about an erased company, or has an erased name in bytes that are not text,
 * the whole content is removed. The place, time and reason of the rejection stay, so that a person can discard it.
 */
export function eraseDeadLetter(eraser: Eraser, row: DeadLetterRow): DeadLetterRow {
  const { account, key, value, value_encoding } = row;
  if (account === null) return row;
  const bytes = value_encoding === 'base64' && value !== null ? Buffer.from(value, 'base64') : null;
  const text = bytes ? bytes.toString('utf8') : (value ?? '');
  const corpKeyNo = namedCompany(text) ?? key;
  const isCovered = [corpKeyNo, key].some((each) => eraser.covers({ account, corpKeyNo: each }) !== null);
  const owner = { account, corpKeyNo };
  const redacted = bytes ? text : eraser.redact(owner, text);
  const message = eraser.redact(owner, row.message);
  if (isCovered || (bytes && eraser.namesIn(owner, text))) {
    return {
      ...row,
      key: isCovered ? null : key,
      value: null,
      value_encoding: 'erased',
      message: '（已删除）',
      bytes: 0,
    };
  }
  if (redacted === text && message === row.message) return row;
  return { ...row, value: value === null ? null : redacted, message };
}
