import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { unknownNames } from 'qcc-core/qcc/unknown-fields';
import { ArchiveError } from '../errors.ts';

export type Envelope = {
  pushDate: number;
  /** totalSize; null where it is absent. */
  declared: number | null;
  /** Names of fields that the document does not know (`unknownNames`). */
  unknownFields: string[];
};

/** What the document names (6.2.6). */
const FIELDS = ['pushDate', 'totalSize', 'result'];

/**
 * Reads the document without its elements, as the cutter returns it.
 * @throws ArchiveError
 * - ARCHIVE_JSON_DAMAGED if it is not JSON, or if `result` is null although totalSize is not 0;
 * - ARCHIVE_ENVELOPE_INVALID if pushDate (the version of every record) or totalSize (the measure of completeness) cannot be read.
 */
export function parseEnvelope(json: string): Envelope {
  const fields = envelopeFields(json);
  const pushText = fields.get('pushDate');
  const pushDate = typeof pushText === 'string' ? parseShanghaiDateTime(pushText.trim()) : null;
  if (pushDate === null || pushDate < EARLIEST_PUSH_MS || pushDate >= LATEST_PUSH_MS)
    throw new ArchiveError('ARCHIVE_ENVELOPE_INVALID', 'pushDate is not a time like 2021-03-16 18:52:26');
  const declared = readDeclared(fields.get('totalSize'));
  if (fields.get('result') === null && declared !== 0)
    throw new ArchiveError('ARCHIVE_JSON_DAMAGED', '"result" is null although totalSize is not 0');
  return { pushDate, declared, unknownFields: [...new Set(unknownNames(fields.keys(), FIELDS))] };
}

/**
 * Returns totalSize if it comes before the records, otherwise null.
 * @param head The part before the records, from `ElementCutter.head`.
 * @throws ArchiveError like `parseEnvelope`, if the part is not JSON or totalSize is invalid.
 */
export const parseDeclared = (head: string): number | null => readDeclared(envelopeFields(head).get('totalSize'));

function envelopeFields(json: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ArchiveError('ARCHIVE_JSON_DAMAGED', 'what stands around "result" is not JSON', { cause });
  }
  return new Map(Object.entries(value instanceof Object ? value : {}).map(([key, field]) => [key.trim(), field]));
}

/** Limits of the topics and tables. A time or a total beyond them could never be stored, and would block all other orders. */
const EARLIEST_PUSH_MS = Date.UTC(2000, 0, 1);
/** The day of the push is a Date, which ends on 2149-06-06. */
const LATEST_PUSH_MS = Date.UTC(2149, 0, 1);
export const MOST_RECORDS = 50_000_000;

function readDeclared(totalSize: unknown): number | null {
  if (totalSize === undefined || totalSize === null) return null;
  const text = typeof totalSize === 'string' || typeof totalSize === 'number' ? String(totalSize).trim() : '';
  const declared = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(declared) || declared > MOST_RECORDS)
    throw new ArchiveError('ARCHIVE_ENVELOPE_INVALID', 'totalSize is not a number of records');
  return declared;
}
