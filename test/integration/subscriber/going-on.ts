import { Registry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import type { Change } from '../../../packages/qcc-subscriber/src/options.ts';
import { memoryStore } from '../../../packages/qcc-subscriber/src/store/version-store.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { keyOf, type SubscriberBed } from './bed.ts';

/** From the history to the topic, while an order arrives. */
export function testGoingOn(bed: () => SubscriberBed): void {
  test('a group that has its state goes on behind it, and its lag ends at 0', async () => {
    const metrics = new Registry();
    const closing = new AbortController();
    const store = memoryStore();
    const seen: Change[] = [];
    const state = await bed().currentState();
    const running = bed()
      .open({ group: 'goes-on', from: 'history', store, metrics, signal: closing.signal })
      .run((change) => {
        seen.push(change);
      });
    await vi.waitFor(() => expect(seen.length).toBe(state.length), PATIENCE);
    const orderNo = await bed().sendOrder({ records: 50, pushDate: '2026-03-17 09:10:00', repeat: 10 });
    await vi.waitFor(async () => {
      const newest = new Map(seen.map((change) => [change.record.id, keyOf(change)]));
      expect([...newest.values()].sort()).toEqual(await bed().currentState());
    }, PATIENCE);
    await vi.waitFor(async () => {
      const lag = await metrics.getSingleMetric('qcc_subscriber_lag_messages')?.get();
      expect(lag?.values).toEqual([{ value: 0, labels: { topic: 'enriched-records', group: 'goes-on' } }]);
    }, PATIENCE);
    closing.abort();
    await running;
    expect((await bed().committed('goes-on')).filter(({ isAtEnd }) => !isAtEnd)).toEqual([]);
    expect(seen.filter(({ record }) => record.orderNo === orderNo).map(({ delivery }) => delivery.from)).toContain(
      'topic',
    );
    const text = await metrics.metrics();
    expect(text).toMatch(
      /qcc_subscriber_changes_total{topic="enriched-records",group="goes-on",from="history",outcome="handled"} \d/,
    );
  });
}
