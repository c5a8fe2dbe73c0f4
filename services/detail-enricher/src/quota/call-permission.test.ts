import { createMetrics } from 'qcc-core/base/metrics';
import { expect, test, vi } from 'vitest';
import { createCallPermission } from './call-permission.ts';
import type { Gate } from './gate.ts';

function setUp() {
  const world = { limit: Number.POSITIVE_INFINITY, gate: null as ReturnType<Gate['closedFor']>, isSpent: false };
  const tell = { gate: () => {}, spending: () => {} };
  const metrics = createMetrics({ service: 'detail-enricher', account: 'main' });
  const permission = createCallPermission({
    gate: {
      limit: () => world.limit,
      closedFor: () => world.gate,
      turnChanged: () => tell.gate(),
      onChange(listener) {
        tell.gate = listener;
      },
    },
    spending: {
      isSpent: () => world.isSpent,
      onChange(listener) {
        tell.spending = listener;
      },
    },
    metrics,
  });
  const closed = async () =>
    (await metrics.detailGate.get()).values.filter(({ value }) => value === 1).map(({ labels }) => labels.reason);
  return { permission, world, tell, closed };
}

test.each([
  [Number.POSITIVE_INFINITY, null, false, Number.POSITIVE_INFINITY, null],
  [1, null, false, 1, null],
  [0, 'GATE_CLOSED', false, 0, 'GATE_CLOSED'],
  [0, 'NOT_CONFIRMED', true, 0, 'NOT_CONFIRMED'],
  [Number.POSITIVE_INFINITY, null, true, 0, 'BUDGET_SPENT'],
  [1, null, true, 0, 'BUDGET_SPENT'],
] as const)('gate %d %s, spent %s: %d %s', async (limit, gate, isSpent, expectedLimit, closedFor) => {
  const { permission, world, tell, closed } = setUp();
  Object.assign(world, { limit, gate, isSpent });
  tell.gate();
  expect([permission.limit(), permission.closedFor()]).toEqual([expectedLimit, closedFor]);
  expect(await closed()).toEqual(closedFor === null ? [] : [closedFor]);
});

test('a new day, or a partition that came, is told of like an opened gate', () => {
  const { permission, tell } = setUp();
  const opened = vi.fn();
  permission.onOpen(opened);
  tell.spending();
  tell.gate();
  expect(opened).toHaveBeenCalledTimes(2);
});
