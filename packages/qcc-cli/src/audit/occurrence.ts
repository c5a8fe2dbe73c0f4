import { hash } from 'node:crypto';

/** What one place (an archive, a topic, a table) holds at one position of an order's revision. */
export type Occurrence = {
  /** More than 1 where the place should hold it once. */
  copies: number;
  digest: string;
};

/** Columns of `record_history` that say what QCC delivered: an archive can vouch for them. */
const CHANGE_COLUMNS = [
  'id',
  'corp_key_no',
  'corp_name',
  'type',
  'type_name',
  'category',
  'category_name',
  'change_content',
  'change_extend',
  'event_date',
  'change_date',
  'check_id',
  'credit_code',
  'reg_no',
  'extra',
  'push_date',
] as const;
/** Those that say how it came: the topic `records` has them too. A rebuilt archive has another hash. */
const ORIGIN_COLUMNS = ['archive_sha256', 'source', 'parser_version'] as const;
const DETAIL_COLUMNS = [
  'detail_status',
  'detail_reason',
  'details_fetched_at',
  'details_total',
  'details_truncated',
  'exceptions',
  'serious_violations',
  'dishonest_debtors',
  'version',
] as const;

/** What is compared, in the order in which a digest holds it: a place that knows less has a shorter one. */
export const COLUMNS = [...CHANGE_COLUMNS, ...ORIGIN_COLUMNS, ...DETAIL_COLUMNS] as const;
type Column = (typeof COLUMNS)[number];
export type Columns<Name extends Column> = { readonly [Key in Name]: unknown };

/** 48 bits a column: small enough to hold millions, and a change is named by its column. */
const CHARACTERS = 8;

const digestOf = (row: Readonly<Partial<Record<Column, unknown>>>, columns: readonly Column[]): string =>
  columns.map((column) => hash('sha256', canonicalJson(row[column]), 'base64').slice(0, CHARACTERS)).join('');

/** What an archive can vouch for. A digest is the beginning of those of the places that know more. */
export const digestChange = (row: Columns<(typeof CHANGE_COLUMNS)[number]>): string => digestOf(row, CHANGE_COLUMNS);

/** What `records` holds. */
export const digestRecord = (row: Columns<(typeof CHANGE_COLUMNS)[number] | (typeof ORIGIN_COLUMNS)[number]>): string =>
  digestOf(row, [...CHANGE_COLUMNS, ...ORIGIN_COLUMNS]);

/** What `enriched-records` and `record_history` hold. */
export const digestRow = (row: Columns<Column>): string => digestOf(row, COLUMNS);

/** In the place of a column of which a place knows nothing; no digest of one. */
const UNKNOWN = '*'.repeat(CHARACTERS);
const DETAIL_LISTS: ReadonlySet<Column> = new Set(['exceptions', 'serious_violations', 'dishonest_debtors']);

/**
 * What a message of `enriched-records` vouches for whose details were too large for it: of the rows nothing, but that the
 * table holds all of them.
 */
export const digestTruncatedRow = (row: Columns<Column>): string =>
  COLUMNS.map((column) =>
    DETAIL_LISTS.has(column) ? UNKNOWN : digestOf({ ...row, details_truncated: false }, [column]),
  ).join('');

/** The digest without the details, which may still be on their way. */
export const withoutDetails = (digest: string): string =>
  digest.slice(0, CHARACTERS * (CHANGE_COLUMNS.length + ORIGIN_COLUMNS.length));

/** Columns that both digests hold and that differ. */
export function changedColumns(one: string, other: string): Column[] {
  if (one === other) return [];
  const held = Math.min(one.length, other.length) / CHARACTERS;
  return COLUMNS.slice(0, held).filter((_, index) => {
    const from = index * CHARACTERS;
    const [first, second] = [one, other].map((digest) => digest.slice(from, from + CHARACTERS));
    return first !== second && first !== UNKNOWN && second !== UNKNOWN;
  });
}

/** Equal values as equal text: members in the order of their names, decimals without trailing zeros. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (key, member: unknown) => {
    if (key === 'amount' && typeof member === 'string') return member.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
