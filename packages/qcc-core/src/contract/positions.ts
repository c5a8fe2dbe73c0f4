import type { PositionRange } from './generated/topics.ts';

/** Positions (any order, repeats allowed) as ascending, inclusive, non-touching ranges: the form order-events carry. */
export function toRanges(positions: Iterable<number>): PositionRange[] {
  const ranges: PositionRange[] = [];
  for (const position of [...positions].sort((a, b) => a - b)) {
    const current = ranges.at(-1);
    if (current && position <= current.last + 1) current.last = position;
    else ranges.push({ first: position, last: position });
  }
  return ranges;
}
