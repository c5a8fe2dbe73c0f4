import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetShare, RateLimit, reservedAtATime } from './limits.ts';

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

const PARTITIONS = 6;
const END_MS = 5_000;

/**
 * Simulates instances that make calls as fast as the limit allows, and returns the start times of the calls. A move gives a partition to
 * another instance. An instance does nothing during a standstill, and no instance asks for a call during a lull.
 */
function simulate(input: {
  ratePerSecond: number;
  instances: number;
  moves: readonly { at: number; partition: number; to: number }[];
  standstills: readonly { at: number; instance: number; ms: number }[];
  lulls: readonly { at: number; ms: number }[];
}): number[] {
  const { ratePerSecond, instances, moves, standstills, lulls } = input;
  const limits = Array.from({ length: instances }, () => new RateLimit({ ratePerSecond, partitions: PARTITIONS }));
  const owners = Array.from({ length: PARTITIONS }, () => ({ instance: 0, since: -END_MS }));
  const starts: number[] = [];
  let askedAt = 0;
  for (let now = 0; now < END_MS; now++) {
    if (lulls.some(({ at, ms }) => at <= now && now < at + ms)) askedAt = now + 1;
    for (const { partition, to } of moves.filter(({ at }) => at === now))
      owners[partition] = { instance: to % instances, since: now };
    for (const [instance, limit] of limits.entries()) {
      if (standstills.some(({ at, ms, ...one }) => one.instance === instance && at <= now && now < at + ms)) continue;
      const heldSince = owners.filter((owner) => owner.instance === instance).map(({ since }) => since);
      while (askedAt <= now && limit.tryStart({ askedAt, heldSince, now }) === 0) starts.push(now);
    }
  }
  return starts;
}

const mostInASecond = (starts: readonly number[]): number =>
  Math.max(0, ...starts.map((from) => starts.filter((at) => from <= at && at < from + 1_000).length));

test('instances together never start more calls in a second than the rate, also while partitions move and after lulls', () => {
  const at = fc.integer({ min: 0, max: END_MS - 1 });
  const instance = fc.nat(2);
  const input = fc.record({
    ratePerSecond: fc.integer({ min: PARTITIONS, max: 50 }),
    instances: fc.integer({ min: 1, max: 3 }),
    moves: fc.array(fc.record({ at, partition: fc.nat(PARTITIONS - 1), to: instance }), { maxLength: 20 }),
    standstills: fc.array(fc.record({ at, instance, ms: fc.integer({ min: 1, max: 1_500 }) }), { maxLength: 6 }),
    lulls: fc.array(fc.record({ at, ms: fc.integer({ min: 1, max: 1_500 }) }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(input, (given) => {
      expect(mostInASecond(simulate(given))).toBeLessThanOrEqual(given.ratePerSecond);
    }),
    { numRuns: 30 },
  );
});

test('a partition that comes adds its share about a second later', () => {
  const moves = [0, 1, 2].map((partition) => ({ at: 2_000, partition, to: 1 }));
  const starts = simulate({ ratePerSecond: 60, instances: 2, moves, standstills: [], lulls: [] });
  const within = (from: number, to: number) => starts.filter((at) => from <= at && at < to).length;
  expect(within(1_000, 2_000)).toBeGreaterThanOrEqual(57);
  expect(within(2_000, 3_000)).toBeLessThanOrEqual(30);
  expect(within(3_100, 4_100)).toBeGreaterThanOrEqual(57);
});
