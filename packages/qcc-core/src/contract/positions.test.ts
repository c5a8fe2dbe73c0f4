import { expect, test } from 'vitest';
import { toRanges } from './positions.ts';

test.each([
  ['none', [], ''],
  ['one', [3], '3-3'],
  ['neighbours', [1, 2, 3], '1-3'],
  ['a gap', [0, 1, 3], '0-1 3-3'],
  ['another order', [10, 2, 9, 1], '1-2 9-10'],
  ['repeats', [4, 4, 5, 4, 7, 7], '4-5 7-7'],
])('positions as ranges: %s', (_name, positions, ranges) => {
  expect(
    toRanges(positions)
      .map(({ first, last }) => `${first}-${last}`)
      .join(' '),
  ).toBe(ranges);
});
