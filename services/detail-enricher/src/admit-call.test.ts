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

test.each([
  [1, 20],
  [0.5, 10],
])('with %f of the partitions no more calls begin in a second than that share of the rate', async (share, expected) => {
  const { admit, world } = setUp({ ratePerSecond: 20 });
  world.share = share;
  let begun = 0;
  for (let call = 0; call < 100; call++) void admit().then(() => begun++);
  const perSecond: number[] = [];
  for (let second = 0; second < 5; second++) {
    const before = begun;
    await vi.advanceTimersByTimeAsync(second === 0 ? 999 : 1_000);
    perSecond.push(begun - before);
  }
  expect(perSecond).toEqual(Array.from({ length: 5 }, () => expected));
});
