import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCallAdmission, GateClosedError } from './admit-call.ts';
import type { ClosedReason } from './call-permission.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp({ ratePerSecond = 1, budget = Number.POSITIVE_INFINITY } = {}) {
  const world = { closedFor: null as ClosedReason | null, share: 1, left: budget };
  const ended: string[] = [];
  const admission = createCallAdmission({
    permission: { closedFor: () => world.closedFor },
    spending: {
      heldShare: () => world.share,
      async charge() {
        if (world.left === 0) return null;
        world.left -= 1;
        if (world.left === 0) world.closedFor = 'BUDGET_SPENT';
        return {
          end: ({ endpoint, code }) => void ended.push(`${endpoint} ${code}`),
          cancel: () => void ended.push('cancelled'),
        };
      },
    },
    ratePerSecond,
    now: Date.now,
  });
  return { ...admission, world, ended };
}

const ADMITTED = { status: 'fulfilled', value: undefined };
const REFUSED = { status: 'rejected', reason: expect.any(GateClosedError) };

test('a call that waited for the rate is not made once the gate has closed, and costs nothing', async () => {
  const { admit, world, ended } = setUp();
  const results = Promise.allSettled([admit(), admit()]);
  await vi.advanceTimersByTimeAsync(500);
  world.closedFor = 'GATE_CLOSED';
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
  { rate: 20, share: 1, most: 20 },
  { rate: 20, share: 0.5, most: 10 },
  { rate: 200, share: 1, most: 200 },
  { rate: 1, share: 1, most: 1 },
  { rate: 1, share: 1 / 6, most: 1 },
])('at a rate of $rate with $share of the partitions no second sees more than $most calls begin', async (row) => {
  const { admit, world } = setUp({ ratePerSecond: row.rate });
  world.share = row.share;
  const begun: number[] = [];
  for (let call = 0; call < 5_000; call++) void admit().then(() => begun.push(Date.now()));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(mostInASecond(begun)).toBeLessThanOrEqual(row.most);
  expect(begun.length).toBeGreaterThanOrEqual(Math.floor(0.95 * 20 * row.rate * row.share));
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
