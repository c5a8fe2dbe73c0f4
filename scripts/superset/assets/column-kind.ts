/** How Superset may use a column: as a time, as a value, or not at all. */
export type ColumnKind = 'time' | 'value' | 'left out';

/**
 * Superset 6.1.0 reads a DateTime with a time zone wrongly: it shows UTC and filters by the session's zone. A DateTime without a zone and
 * a Date hold what the wall clock shows, and are right if the session is in UTC, as that of a reader is. It can neither filter nor group by arrays and tuples.
 */
export function columnKind(type: string): ColumnKind {
  const inner = type.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1');
  if (/^DateTime64\(\d, '|^DateTime\('/.test(inner)) return 'left out';
  if (/^(?:Array|Tuple|Map|Nested)\(/.test(inner)) return 'left out';
  return /^Date/.test(inner) ? 'time' : 'value';
}
