import { createMetrics } from 'qcc-core/base/metrics';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallNotAdmittedError, createCallAdmission } from './admit-call.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp({ ratePerSecond = 1, budget = Number.POSITIVE_INFINITY } = {}) {
  const world = {
    limit: Number.POSITIVE_INFINITY,
    blockedBy: null as ReturnType<CircuitBreaker['blockedBy']>,
    isSpent: false,
    partitions: 6,
    left: budget,
  };
  const ended: string[] = [];
  const tell = { breaker: () => {}, quota: () => {} };
  const metrics = createMetrics({ service: 'detail-enricher', account: 'main' });
  const admission = createCallAdmission({
    breaker: {
      limit: () => world.limit,
      blockedBy: () => world.blockedBy,
      turnChanged: () => tell.breaker(),
      onChange(listener) {
        tell.breaker = listener;
      },
    },
    quota: {
      isSpent: () => world.isSpent,
      heldSince: () => Array.from({ length: world.partitions }, () => Number.NEGATIVE_INFINITY),
      async charge() {
        if (world.left === 0) return null;
        world.left -= 1;
        if (world.left === 0) world.isSpent = true;
        return {
          end: ({ endpoint, code }) => void ended.push(`${endpoint} ${code}`),
          cancel: () => void ended.push('cancelled'),
        };
      },
      onChange(listener) {
        tell.quota = listener;
      },
    },
    ratePerSecond,
    partitions: 6,
    uptime: Date.now,
    metrics,
  });
  const blocked = async () =>
    (await metrics.detailGate.get()).values.filter(({ value }) => value === 1).map(({ labels }) => labels.reason);
  return { ...admission, world, ended, tell, blocked };
}

const ADMITTED = { status: 'fulfilled', value: undefined };
const REFUSED = { status: 'rejected', reason: expect.any(CallNotAdmittedError) };

test.each([
  [Number.POSITIVE_INFINITY, null, false, Number.POSITIVE_INFINITY, null],
  [1, null, false, 1, null],
  [0, 'GATE_CLOSED', false, 0, 'GATE_CLOSED'],
  [0, 'NOT_CONFIRMED', true, 0, 'NOT_CONFIRMED'],
  [Number.POSITIVE_INFINITY, null, true, 0, 'BUDGET_SPENT'],
  [1, null, true, 0, 'BUDGET_SPENT'],
] as const)('breaker %d %s, spent %s: %d %s', async (limit, breaker, isSpent, expectedLimit, expected) => {
  const { world, tell, blocked, ...admission } = setUp();
  Object.assign(world, { limit, blockedBy: breaker, isSpent });
  tell.breaker();
  expect([admission.limit(), admission.blockedBy()]).toEqual([expectedLimit, expected]);
  expect(await blocked()).toEqual(expected === null ? [] : [expected]);
});

test('a new day, or a partition that came, is told of like a breaker that was reset', () => {
  const { onUnblocked, tell } = setUp();
  const unblocked = vi.fn();
  onUnblocked(unblocked);
  tell.quota();
  tell.breaker();
  expect(unblocked).toHaveBeenCalledTimes(2);
});

test('a call that waits for the rate is not made if the breaker trips meanwhile, and costs nothing', async () => {
  const { admit, world, ended } = setUp();
  const results = Promise.allSettled([admit(), admit()]);
  await vi.advanceTimersByTimeAsync(500);
  world.blockedBy = 'GATE_CLOSED';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await results).toEqual([ADMITTED, REFUSED]);
  expect(ended).toEqual(['cancelled']);
});

test('a call that waits for the rate is not made if its instance loses all partitions', async () => {
  const { admit, world, ended } = setUp();
  const results = Promise.allSettled([admit(), admit()]);
  await vi.advanceTimersByTimeAsync(500);
  world.partitions = 0;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await results).toEqual([ADMITTED, REFUSED]);
  expect(ended).toEqual(['cancelled']);
});

test('the last call of the budget is made, and none after it', async () => {
  const { admit } = setUp({ ratePerSecond: 100, budget: 2 });
  const results = Promise.allSettled([admit(), admit(), admit()]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await results).toEqual([ADMITTED, ADMITTED, REFUSED]);
});

test('what came back is counted with its endpoint and reason', async () => {
  const { admit, note, ended } = setUp();
  await admit();
  note({ endpoint: 'getExceptions', reason: 'QCC_201' });
  expect(ended).toEqual(['getExceptions QCC_201']);
});

/** The most that began within a second, wherever it begins. */
const mostInASecond = (begun: readonly number[]): number =>
  Math.max(...begun.map((from) => begun.filter((at) => from <= at && at < from + 1_000).length));

test.each([
  { rate: 20, held: 6, most: 20 },
  { rate: 20, held: 3, most: 10 },
  { rate: 200, held: 6, most: 200 },
  { rate: 1, held: 6, most: 1 },
  { rate: 1, held: 1, most: 1 },
])('at a rate of $rate with $held of six partitions no second sees more than $most calls begin', async (row) => {
  const { admit, world } = setUp({ ratePerSecond: row.rate });
  world.partitions = row.held;
  const begun: number[] = [];
  for (let call = 0; call < 5_000; call++) void admit().then(() => begun.push(Date.now()));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(mostInASecond(begun)).toBeLessThanOrEqual(row.most);
  expect(begun.length).toBeGreaterThanOrEqual(Math.floor((0.95 * 20 * row.rate * row.held) / 6));
});

test('what a standstill of the process held up is made up for within the rate, and the pace is even again', async () => {
  const { admit } = setUp({ ratePerSecond: 100 });
  const begun: number[] = [];
  for (let call = 0; call < 10_000; call++) void admit().then(() => begun.push(Date.now()));
  for (const standstillMs of [7, 15, 40, 300, 700]) {
    await vi.advanceTimersByTimeAsync(1_500);
    vi.setSystemTime(Date.now() + standstillMs);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  expect(mostInASecond(begun)).toBeLessThanOrEqual(100);
  expect(begun.length).toBeGreaterThanOrEqual(0.95 * 100 * 67);
  const last = begun.slice(-100).map((at, index, all) => at - (all[index - 1] ?? at));
  expect(Math.max(...last)).toBeLessThanOrEqual(12);
});

test('a pause without calls is not made up for', async () => {
  const { admit } = setUp({ ratePerSecond: 100 });
  await admit();
  await vi.advanceTimersByTimeAsync(60_000);
  const begun: number[] = [];
  for (let call = 0; call < 10; call++) void admit().then(() => begun.push(Date.now()));
  await vi.advanceTimersByTimeAsync(50);
  expect(begun.length).toBeLessThanOrEqual(5);
});
