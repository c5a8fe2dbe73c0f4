import { toRanges } from 'qcc-core/positions';

/** Positions for people: `3: 1–2, 7`; only the first ranges where there are many, empty where there are none. */
export function describePositions(positions: readonly number[], shownRanges = 3): string {
  if (positions.length === 0) return '';
  const ranges = toRanges(positions).map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`));
  const shown = ranges.slice(0, shownRanges).join(', ');
  return `${positions.length}: ${shown}${ranges.length > shownRanges ? ', …' : ''}`;
}
