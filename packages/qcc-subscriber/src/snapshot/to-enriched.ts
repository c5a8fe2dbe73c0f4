import { SCHEMAS } from '../generated/schemas.ts';
import type { EnrichedRecord } from '../generated/topics.ts';

/** A row of the query in `read-snapshot.ts`, as JSON has it: 64-bit numbers may be texts. */
export type SnapshotRow = Readonly<Record<string, unknown>>;

type Schema = string | readonly Schema[] | { readonly type: unknown; readonly [key: string]: unknown };
type Field = { name: string; type: Schema };

const VERSION_BYTES = 32;

/** The row as the message has it. Trailing zeros of an amount are not kept: 12.50 is '12.5'. */
export const toEnriched = (row: SnapshotRow): EnrichedRecord =>
  toRecord((SCHEMAS['enriched-records'] as unknown as { fields: Field[] }).fields, row) as EnrichedRecord;

const toRecord = (fields: readonly Field[], row: SnapshotRow): object =>
  Object.fromEntries(fields.map(({ name, type }) => [name, toValue(type, name === 'record' ? row : row[name])]));

function toValue(schema: Schema, value: unknown): unknown {
  if (Array.isArray(schema)) {
    if (value === null || value === undefined) return null;
    return toValue(
      schema.find((branch) => branch !== 'null'),
      value,
    );
  }
  if (schema === 'long' || schema === 'int') return Number(value);
  if (typeof schema !== 'object') return value;
  const node = schema as { type: Schema; fields?: Field[]; items?: Schema };
  if (node.type === 'record') return toRecord(node.fields ?? [], value as SnapshotRow);
  if (node.type === 'array') return (value as unknown[]).map((item) => toValue(node.items!, item));
  if (node.type === 'map') return value;
  if (node.type === 'fixed') return toVersion(String(value));
  return toValue(node.type, value);
}

/** The bytes of a UInt256 in decimal. */
const toVersion = (decimal: string): Uint8Array =>
  Buffer.from(
    BigInt(decimal)
      .toString(16)
      .padStart(VERSION_BYTES * 2, '0'),
    'hex',
  );
