import type { PositionRange } from './generated/topics.ts';

/** Positions (any order, repeats allowed) as ascending, inclusive, non-touching ranges: the form order-events carry. */
export function toRanges(positions: Iterable<number>): PositionRange[] {
  const all = [...positions];
  // They come in order, nearly always, and tens of thousands at once.
  const isAscending = all.every((position, at) => at === 0 || all[at - 1]! < position);
  const ranges: PositionRange[] = [];
  for (const position of isAscending ? all : [...new Set(all)].sort((a, b) => a - b)) {
    const current = ranges.at(-1);
    if (current && current.last === position - 1) current.last = position;
    else ranges.push({ first: position, last: position });
  }
  return ranges;
}
