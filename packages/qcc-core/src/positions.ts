import type { PositionRange } from './generated/topics.ts';

/** Positions (any order, repeats allowed) as ascending, inclusive, non-touching ranges: the form order-events carry. */
export function toRanges(positions: Iterable<number>): PositionRange[] {
  const sorted = [...new Set(positions)].sort((a, b) => a - b);
  const ranges: PositionRange[] = [];
  for (const position of sorted) {
    const current = ranges.at(-1);
    if (current && current.last === position - 1) current.last = position;
    else ranges.push({ first: position, last: position });
  }
  return ranges;
}
