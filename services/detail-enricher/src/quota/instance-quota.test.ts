import { createMetrics } from 'qcc-core/base/metrics';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createInstanceQuota } from './instance-quota.ts';
import type { QuotaCounter } from './quota-counter.ts';

const NOW = Date.parse('2021-03-16T23:00:00+08:00');
beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

function setUp() {
  const warnings: string[] = [];
  const quota = createInstanceQuota({
    now: Date.now,
    uptime: Date.now,
    log: { warn: (line: unknown) => void warnings.push(String(line)) },
    metrics: createMetrics({ service: 'detail-enricher', account: 'main' }),
  });
  onTestFinished(() => quota[Symbol.dispose]());
  const add = (partition: number, share: number, { room = 0, isLost = false } = {}) => {
    const lost = new AbortController();
    if (isLost) lost.abort();
    const state = { left: share, room };
    const counter: QuotaCounter = {
      partition,
      signal: lost.signal,
      remaining: () => state.left,
      hasRoom: () => state.room > 0 && state.left > 0,
      async charge() {
        if (lost.signal.aborted || state.left === 0) return null;
        state.left -= 1;
        return { end() {}, cancel() {} };
      },
    };
    quota.add(counter);
    return { state, lose: () => lost.abort() };
  };
  return { quota, add, warnings };
}

test('an instance has the shares of the partitions that it holds, each since it came', () => {
  const { quota, add } = setUp();
  expect([quota.heldSince(), quota.lowestPartition()]).toEqual([[], Number.POSITIVE_INFINITY]);
  const lanes = [4, 2, 5].map((partition) => add(partition, 1));
  expect([quota.heldSince(), quota.lowestPartition()]).toEqual([[NOW, NOW, NOW], 2]);
  lanes[1]!.lose();
  expect([quota.heldSince(), quota.lowestPartition()]).toEqual([[NOW, NOW], 4]);
  vi.advanceTimersByTime(10);
  add(5, 1);
  expect(quota.heldSince()).toEqual([NOW, NOW + 10]);
});

test('a partition whose lane broke while its counter was opened has no share', async () => {
  const { quota, add } = setUp();
  add(1, 3, { isLost: true });
  expect([quota.heldSince(), quota.lowestPartition()]).toEqual([[], Number.POSITIVE_INFINITY]);
  add(2, 1);
  expect(await quota.charge()).not.toBeNull();
  expect([await quota.charge(), quota.isSpent()]).toEqual([null, true]);
});

test('calls are charged where nothing has to be awaited, then evenly', async () => {
  const { quota, add } = setUp();
  const lanes = [add(0, 3), add(1, 3, { room: 1 }), add(2, 3)];
  await quota.charge();
  expect(lanes.map(({ state }) => state.left)).toEqual([3, 2, 3]);
  lanes[1]!.state.room = 0;
  for (let call = 0; call < 5; call++) await quota.charge();
  expect(lanes.map(({ state }) => state.left)).toEqual([1, 1, 1]);
});

test('when all is spent it says so once, and a new day, or a partition that comes, is told of', async () => {
  const { quota, add, warnings } = setUp();
  const { state } = add(0, 2);
  const changed = vi.fn();
  quota.onChange(changed);
  expect([await quota.charge(), await quota.charge(), await quota.charge()].map(Boolean)).toEqual([true, true, false]);
  expect(quota.isSpent()).toBe(true);
  expect(warnings).toEqual([expect.stringContaining('2021-03-16T16:00:00.000Z')]);
  changed.mockClear();
  state.left = 2;
  vi.advanceTimersByTime(3_600_000);
  expect(changed).toHaveBeenCalledOnce();
  add(1, 1);
  expect(changed).toHaveBeenCalledTimes(2);
});

test('a partition that is lost while a call waits for it leaves the call to another', async () => {
  const { quota, add } = setUp();
  const lost = add(0, 5, { room: 1 });
  const kept = add(1, 1);
  lost.lose();
  expect(await quota.charge()).not.toBeNull();
  expect(kept.state.left).toBe(0);
});
