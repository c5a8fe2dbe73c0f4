import type { PositionRange } from 'qcc-core/contract/domain';
import { toRanges } from 'qcc-core/contract/positions';

/** Positions for people: `3: 1–2, 7`; only the first ranges where there are many, empty where there are none. */
export const describePositions = (positions: readonly number[], shownRanges?: number): string =>
  describeRanges(toRanges(positions), shownRanges);

/** The same for ranges that are inclusive, ascending and do not touch, as the view `orders` has them. */
export function describeRanges(ranges: readonly PositionRange[], shownRanges = 3): string {
  if (ranges.length === 0) return '';
  const count = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const shown = ranges
    .slice(0, shownRanges)
    .map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`));
  return `${count}: ${shown.join(', ')}${ranges.length > shownRanges ? ', …' : ''}`;
}
