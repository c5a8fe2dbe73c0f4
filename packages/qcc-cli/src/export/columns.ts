/** What the cells of a column are, whatever ClickHouse calls it. */
export type ColumnKind =
  | { is: 'integer' | 'float' | 'bool' | 'day' | 'time' | 'array' | 'text' }
  | { is: 'decimal'; scale: number }
  /** A Map or Tuple: its cells are written as JSON. */
  | { is: 'json' };

export type Column = { name: string; kind: ColumnKind };

/** A row of `DESCRIBE`. */
export type DescribedColumn = { name: string; type: string };

/** A number is its digits, so that 64-bit numbers and decimals stay exact. */
export type Value = null | boolean | string | readonly Value[] | { readonly [name: string]: Value };

const WRAPPER = /^(?:Nullable|LowCardinality)\((.+)\)$/s;

/** `LowCardinality(Nullable(String))` → text. A type that is not known here is text, as ClickHouse writes it. */
export function kindOf(type: string): ColumnKind {
  const inner = WRAPPER.exec(type)?.[1];
  if (inner !== undefined) return kindOf(inner);
  if (/^U?Int\d+$/.test(type)) return { is: 'integer' };
  if (/^(Float|BFloat)\d+$/.test(type)) return { is: 'float' };
  const scale = /^Decimal\(\d+, (\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined) return { is: 'decimal', scale: Number(scale) };
  if (type === 'Bool') return { is: 'bool' };
  if (/^Date(32)?$/.test(type)) return { is: 'day' };
  if (/^DateTime(64)?\b/.test(type)) return { is: 'time' };
  if (type.startsWith('Array(')) return { is: 'array' };
  if (/^(Map|Tuple|Nested|JSON|Variant|Dynamic)\b/.test(type)) return { is: 'json' };
  return { is: 'text' };
}

export const toColumns = (described: readonly DescribedColumn[]): Column[] =>
  described.map(({ name, type }) => ({ name, kind: kindOf(type) }));

/**
 * The same query with every time as text, as Beijing's clock shows it: `2026-03-16 10:00:00`. Parquet as ClickHouse writes it has only
 * instants in UTC, which pandas, polars and Excel show eight hours early.
 */
export function withTimesInBeijing(sql: string, columns: readonly Column[]): string {
  const times = columns
    .filter(({ kind }) => kind.is === 'time')
    .map(({ name }) => `\`${name.replace(/[\\`]/g, '\\$&')}\``);
  if (times.length === 0) return sql;
  const texts = times.map(
    (name) => `replaceRegexpOne(toString(toTimeZone(${name}, 'Asia/Shanghai')), '\\\\.0+$', '') AS ${name}`,
  );
  return `SELECT * REPLACE (${texts.join(', ')}) FROM (\n${sql}\n)`;
}

/** A line of JSONCompactEachRow. Numbers become their digits. */
export const parseRow = (json: string): Value[] =>
  JSON.parse(json, ((_name: string, value: Value | number, { source }: { source?: string }) =>
    typeof value === 'number' ? source : value) as Parameters<typeof JSON.parse>[1]) as Value[];

/** Text for a person: arrays joined with ；, and nothing for NULL. */
export function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? '是' : '否';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join('；');
  return JSON.stringify(value);
}
