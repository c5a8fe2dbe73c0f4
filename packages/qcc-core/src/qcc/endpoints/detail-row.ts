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
  /** A JSON number of this size or more is null: JSON.parse may have changed digits that the field needs. */
  numbersBelow?: number;
  /** Another spelling of the name. It is used if the field with the first spelling has no text. */
  alias?: string;
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
 * Parses one row. An invalid value affects only its field: an invalid date or amount is null and its text is kept in the `Raw` field;
 * other invalid values and unknown fields go to `extra`. So does a text under the second spelling of a name, if it differs from the
 * first. A row is rejected only if it is not an object or a required field is missing. `Raw` is null if QCC sent nothing, or 0 for a
 * date.
 */
export const detailRow = <const Fields extends Readers>(fields: Fields): z.ZodType<DetailRow<Fields>> =>
  z.unknown().transform((value, context) => {
    if (!isRecord(value)) return refuse(context, 'is not an object');
    const row: Record<string, unknown> = {};
    const used = new Set<string>();
    for (const [name, reader] of Object.entries(fields)) {
      const spellings = reader.alias === undefined ? [name] : [name, reader.alias];
      const spelling = spellings.find((each) => toText(own(value, each)) !== null) ?? name;
      const delivered = own(value, spelling);
      const sent = toText(delivered);
      const read = sent === null || isInexact(reader, delivered) ? null : reader.read(sent);
      if (reader.isRequired && read === null) return refuse(context, `${name} is missing or blank`);
      row[name] = read;
      const json = sent === null && reader.keepsRaw && !isNothing(delivered) ? jsonText(delivered) : null;
      const raw = json !== null && json.length <= RAW_JSON_MAX_LENGTH ? json : sent;
      if (reader.keepsRaw) row[`${name}Raw`] = raw !== null && isDate(reader) && isNoDate(raw) ? null : raw;
      for (const each of spellings) {
        const other = own(value, each);
        if (isNothing(other) || (each === spelling ? raw !== null : sent !== null && toText(other) === sent))
          used.add(each);
      }
    }
    row.extra = extraFields(Object.entries(value).filter(([name]) => !used.has(name)));
    return row as DetailRow<Fields>;
  });

const own = (row: Record<string, unknown>, name: string): unknown => (Object.hasOwn(row, name) ? row[name] : null);

const isNothing = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && value.trim() === '');

const isInexact = ({ numbersBelow }: FieldReader<unknown>, value: unknown): boolean =>
  typeof value === 'number' && numbersBelow !== undefined && Math.abs(value) >= numbersBelow;

const isDate = (reader: FieldReader<unknown>): boolean => reader === day || reader === instant;

function refuse(context: z.core.$RefinementCtx, message: string): never {
  context.issues.push({ code: 'custom', message, input: undefined });
  return z.NEVER;
}

/** Null for what is blank, and for what is neither text nor number. */
const toText = (value: unknown): string | null =>
  (typeof value === 'string' || typeof value === 'number') && String(value).trim() !== '' ? String(value) : null;
