import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetShare, reservedAtATime } from './limits.ts';

test.each([
  [500, [83, 83, 84, 83, 83, 84]],
  [6, [1, 1, 1, 1, 1, 1]],
  [2, [0, 0, 1, 0, 0, 1]],
  [0, [0, 0, 0, 0, 0, 0]],
])('a budget of %i is divided among six partitions', (budget, shares) => {
  expect(shares.map((_, partition) => budgetShare(budget, partition, 6))).toEqual(shares);
});

test('shares add up to the budget and differ by one at most', () => {
  fc.assert(
    fc.property(fc.nat(100_000_000), fc.integer({ min: 1, max: 64 }), (budget, partitions) => {
      const shares = Array.from({ length: partitions }, (_, partition) => budgetShare(budget, partition, partitions));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(budget);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});

test.each([
  ['the defaults: a twentieth of the share', 83, 20 / 6, 5],
  ['a large budget: five seconds', 166_666, 500 / 6, 417],
  ['a small budget: a second', 10, 20 / 6, 4],
  ['one call a second', 1_000, 1 / 6, 1],
])('%s', (_, share, callsPerSecond, expected) => {
  expect(reservedAtATime(share, callsPerSecond)).toBe(expected);
});
