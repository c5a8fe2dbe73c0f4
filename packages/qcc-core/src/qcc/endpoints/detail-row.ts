import { z } from 'zod';
import { isNoDate, readDay, readInstant } from '../../base/read-date.ts';
import { isRecord } from '../response.ts';
import { extraFields, jsonText } from './extra-fields.ts';

/** How one field of a row of details is read. Numbers are read as their text; absent, null and blank are null. */
export type FieldReader<Value> = {
  /** Null where the text is not such a value. */
  read(text: string): Value | null;
  /** A row without it is not a row. */
  isRequired?: true;
  /** The row has the text as QCC sent it, too, under the name that ends in Raw. */
  keepsRaw?: true;
};
type RawReader<Value> = FieldReader<Value> & { keepsRaw: true };

const asItIs = (text: string): string => text;
export const text: FieldReader<string> = { read: asItIs };
export const id: FieldReader<string> & { isRequired: true } = { read: asItIs, isRequired: true };
/** Days since 1970-01-01. */
export const day: RawReader<number> = { read: readDay, keepsRaw: true };
/** Milliseconds since the epoch. */
export const instant: RawReader<number> = { read: readInstant, keepsRaw: true };

type Readers = Readonly<Record<string, FieldReader<unknown>>>;
type ValueOf<Reader> =
  Reader extends FieldReader<infer Value> ? (Reader extends { isRequired: true } ? Value : Value | null) : never;
/** The fields as they are read, the texts as they were sent, and all else that the row had. */
export type DetailRow<Fields extends Readers> = { [Name in keyof Fields]: ValueOf<Fields[Name]> } & {
  [Name in keyof Fields & string as Fields[Name] extends { keepsRaw: true } ? `${Name}Raw` : never]: string | null;
} & { extra: string | null };

/** Longer JSON in the place of a date or an amount goes to `extra`, which has a limit of its own. */
const RAW_JSON_MAX_LENGTH = 1_024;

/**
 * A row of details. A value that its field cannot hold costs this field only: a date or amount keeps what was sent under its
 * name with Raw, everything else goes to `extra`, and so do fields that are not named here. Only what is not an object, or has no
 * id, is not a row. Raw is null where QCC sent nothing, or 0 as a date.
 */
export const detailRow = <const Fields extends Readers>(fields: Fields): z.ZodType<DetailRow<Fields>> =>
  z.unknown().transform((value, context) => {
    if (!isRecord(value)) return refuse(context, 'is not an object');
    const row: Record<string, unknown> = {};
    const misfits = new Set<string>();
    for (const [name, reader] of Object.entries(fields)) {
      const delivered = Object.hasOwn(value, name) ? value[name] : null;
      const sent = toText(delivered);
      const read = sent === null ? null : reader.read(sent);
      if (reader.isRequired && read === null) return refuse(context, `${name} is missing or blank`);
      row[name] = read;
      const isMisfit = sent === null && typeof delivered !== 'string' && (delivered ?? null) !== null;
      const json = isMisfit && reader.keepsRaw ? jsonText(delivered) : null;
      const raw = json !== null && json.length <= RAW_JSON_MAX_LENGTH ? json : sent;
      if (reader.keepsRaw) row[`${name}Raw`] = raw !== null && isDate(reader) && isNoDate(raw) ? null : raw;
      if (isMisfit && raw === null) misfits.add(name);
    }
    const isExtra = ([name]: readonly [string, unknown]) => !Object.hasOwn(fields, name) || misfits.has(name);
    row.extra = extraFields(Object.entries(value).filter(isExtra));
    return row as DetailRow<Fields>;
  });

const isDate = (reader: FieldReader<unknown>): boolean => reader === day || reader === instant;

function refuse(context: z.core.$RefinementCtx, message: string): never {
  context.issues.push({ code: 'custom', message, input: undefined });
  return z.NEVER;
}

/** Null for what is blank, and for what is neither text nor number. */
const toText = (value: unknown): string | null =>
  (typeof value === 'string' || typeof value === 'number') && String(value).trim() !== '' ? String(value) : null;
