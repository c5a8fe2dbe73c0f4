import { hash } from 'node:crypto';
import { columnOf, laterColumnOf, laterFields } from 'qcc-details/detail-endpoint';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';

/** What one place (an archive, a topic, a table) holds at one position of an order's revision. */
export type OccurrenceDigest = {
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
/** Those about its details; their lists follow, and then the version. */
const DETAIL_COLUMNS = [
  'detail_status',
  'detail_reason',
  'details_fetched_at',
  'details_total',
  'details_truncated',
  'details_complete',
  'details_incomplete_reason',
  'details_odd_rows',
] as const;
const LISTS = DETAIL_ENDPOINTS.map(({ list }) => list);
const LATER_COLUMNS: ReadonlySet<string> = new Set(
  LISTS.flatMap((list) => laterFields(list).map((field) => laterColumnOf(list, field))),
);
const DETAIL_LISTS: readonly string[] = [...LISTS.map(({ name }) => columnOf(name)), ...LATER_COLUMNS];
const AMOUNTS: ReadonlySet<string> = new Set(
  LISTS.flatMap(({ fields }) => fields.filter(({ kind }) => kind === 'amount').map(({ name }) => columnOf(name))),
);

/** What is compared, in the order in which a digest holds it: a place that knows less has a shorter one. */
export const COLUMNS: readonly string[] = [
  ...CHANGE_COLUMNS,
  ...ORIGIN_COLUMNS,
  ...DETAIL_COLUMNS,
  ...DETAIL_LISTS,
  'version',
];
type Columns<Names extends readonly string[]> = { readonly [Key in Names[number]]: unknown };
type RecordColumns = Columns<typeof CHANGE_COLUMNS> & Columns<typeof ORIGIN_COLUMNS>;
/** And the lists, whose names depend on the detail endpoints. */
export type RowColumns = RecordColumns & Columns<typeof DETAIL_COLUMNS> & { readonly version: unknown };

/** 48 bits a column: small enough to hold millions, and a change is named by its column. */
const CHARACTERS = 8;

const digestOf = (row: Readonly<Record<string, unknown>>, columns: readonly string[]): string =>
  columns
    .map((column) => hash('sha256', canonicalJson(comparable(column, row[column])), 'base64').slice(0, CHARACTERS))
    .join('');

/** Rows that were stored before a column was added hold an empty array in it. Messages hold null for each detail. Both compare as equal. */
const comparable = (column: string, value: unknown): unknown =>
  LATER_COLUMNS.has(column) && Array.isArray(value) && value.every((item) => item === null) ? [] : value;

/** What an archive can vouch for. A digest is the beginning of those of the places that know more. */
export const digestChange = (row: Columns<typeof CHANGE_COLUMNS>): string => digestOf(row, CHANGE_COLUMNS);

/** What `records` holds. */
export const digestRecord = (row: RecordColumns): string => digestOf(row, [...CHANGE_COLUMNS, ...ORIGIN_COLUMNS]);

/** What `enriched-records` and `record_history` hold. */
export const digestRow = (row: RowColumns): string => digestOf(row, COLUMNS);

/** Stands for a column that the place does not know. No digest of a column has this value. */
const UNKNOWN = '*'.repeat(CHARACTERS);

/**
 * The digest of a message of `enriched-records` whose details were too large for it. It does not cover the detail rows; it only
 * requires that the row in the table is not truncated.
 */
export const digestTruncatedRow = (row: RowColumns): string =>
  COLUMNS.map((column) =>
    DETAIL_LISTS.includes(column) ? UNKNOWN : digestOf({ ...row, details_truncated: false }, [column]),
  ).join('');

/** The digest without the details, which may still be on their way. */
export const withoutDetails = (digest: string): string =>
  digest.slice(0, CHARACTERS * (CHANGE_COLUMNS.length + ORIGIN_COLUMNS.length));

/** Columns that both digests hold and that differ. */
export function changedColumns(one: string, other: string): string[] {
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
    if (AMOUNTS.has(key) && typeof member === 'string') return member.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
