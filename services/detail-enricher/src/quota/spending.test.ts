import { createMetrics } from 'qcc-core/base/metrics';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { SpendLedger } from './spend-ledger.ts';
import { createSpending } from './spending.ts';

const NOW = Date.parse('2021-03-16T23:00:00+08:00');
beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

function setUp() {
  const warnings: string[] = [];
  const spending = createSpending({
    partitions: 6,
    now: Date.now,
    log: { warn: (line: unknown) => void warnings.push(String(line)) },
    metrics: createMetrics({ service: 'detail-enricher', account: 'main' }),
  });
  onTestFinished(() => spending[Symbol.dispose]());
  const add = (partition: number, share: number, { room = 0 } = {}) => {
    const lost = new AbortController();
    const state = { left: share, room };
    const ledger: SpendLedger = {
      partition,
      signal: lost.signal,
      remaining: () => state.left,
      hasRoom: () => state.room > 0 && state.left > 0,
      async begin() {
        if (lost.signal.aborted || state.left === 0) return null;
        state.left -= 1;
        return { end() {}, cancel() {} };
      },
    };
    spending.add(ledger);
    return { state, lose: () => lost.abort() };
  };
  return { spending, add, warnings };
}

test('an instance has the shares of the partitions it holds', () => {
  const { spending, add } = setUp();
  expect([spending.heldShare(), spending.lowestPartition()]).toEqual([1 / 6, Number.POSITIVE_INFINITY]);
  const lanes = [4, 2, 5].map((partition) => add(partition, 1));
  expect([spending.heldShare(), spending.lowestPartition()]).toEqual([3 / 6, 2]);
  lanes[1]!.lose();
  expect([spending.heldShare(), spending.lowestPartition()]).toEqual([2 / 6, 4]);
});

test('calls are charged where nothing has to be awaited, then evenly', async () => {
  const { spending, add } = setUp();
  const lanes = [add(0, 3), add(1, 3, { room: 1 }), add(2, 3)];
  await spending.charge();
  expect(lanes.map(({ state }) => state.left)).toEqual([3, 2, 3]);
  lanes[1]!.state.room = 0;
  for (let call = 0; call < 5; call++) await spending.charge();
  expect(lanes.map(({ state }) => state.left)).toEqual([1, 1, 1]);
});

test('when all is spent it says so once, and a new day, or a partition that comes, is told of', async () => {
  const { spending, add, warnings } = setUp();
  const { state } = add(0, 2);
  const changed = vi.fn();
  spending.onChange(changed);
  expect([await spending.charge(), await spending.charge(), await spending.charge()].map(Boolean)).toEqual([
    true,
    true,
    false,
  ]);
  expect(spending.isSpent()).toBe(true);
  expect(warnings).toEqual([expect.stringContaining('2021-03-16T16:00:00.000Z')]);
  changed.mockClear();
  state.left = 2;
  vi.advanceTimersByTime(3_600_000);
  expect(changed).toHaveBeenCalledOnce();
  add(1, 1);
  expect(changed).toHaveBeenCalledTimes(2);
});

test('a partition that is lost while a call waits for it leaves the call to another', async () => {
  const { spending, add } = setUp();
  const lost = add(0, 5, { room: 1 });
  const kept = add(1, 1);
  lost.lose();
  expect(await spending.charge()).not.toBeNull();
  expect(kept.state.left).toBe(0);
});
