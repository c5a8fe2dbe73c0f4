import { expect, test, vi } from 'vitest';
import type { Change } from '../../../packages/qcc-subscriber/src/options.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { keyOf, type SubscriberBed } from './bed.ts';

const GROUP = 'at-once';

/** Instances of one group, which start with the history at the same time. */
export function testInstances(bed: () => SubscriberBed): void {
  test('three instances that start a new group at once leave no gap, and then share the changes', {
    tags: 'whole',
  }, async () => {
    const closing = new AbortController();
    /** In the order in which the group handled them. */
    const handled: { instance: number; change: Change }[] = [];
    const instances = [0, 1, 2].map((instance) =>
      bed()
        .open({ group: GROUP, from: 'history', signal: closing.signal })
        .run((change) => void handled.push({ instance, change })),
    );
    const ended = Promise.allSettled(instances);
    try {
      await bed().sendOrder({ pushDate: '2026-03-18 09:10:00', repeat: 20 });
      // The state of the group, as one store that all instances share would have it.
      const state = () => {
        const newest = new Map<string, string>();
        for (const { change } of handled) {
          const key = keyOf(change);
          if (key > (newest.get(change.record.id) ?? '')) newest.set(change.record.id, key);
        }
        return [...newest.values()].sort();
      };
      await vi.waitFor(async () => expect(state()).toEqual(await bed().currentState()), PATIENCE);
      for (const instance of [0, 1, 2]) {
        const ofHistory = handled.filter(
          ({ instance: each, change }) => each === instance && change.delivery.from === 'history',
        );
        expect(new Set(ofHistory.map(({ change }) => keyOf(change))).size).toBe(ofHistory.length);
      }

      await vi.waitFor(async () => expect(await members(bed())).toBe(3), PATIENCE);
      await vi.waitFor(async () => {
        expect((await bed().committed(GROUP)).filter(({ isAtEnd }) => !isAtEnd)).toEqual([]);
      }, PATIENCE);
      const order = await bed().sendOrder({ pushDate: '2026-03-18 11:10:00', repeat: 20 });
      await vi.waitFor(async () => expect(state()).toEqual(await bed().currentState()), PATIENCE);
      const ofOrder = handled.filter(({ change }) => change.record.orderNo === order);
      expect(new Set(ofOrder.map(({ change }) => keyOf(change))).size).toBe(ofOrder.length);
      expect(new Set(ofOrder.map(({ instance }) => instance)).size).toBeGreaterThan(1);
    } finally {
      closing.abort();
      await ended;
    }
    await Promise.all(instances);
    expect((await bed().committed(GROUP)).filter(({ isAtEnd }) => !isAtEnd)).toEqual([]);
  });
}

/** How many members the group has, each with its partitions. */
async function members({ kafka }: SubscriberBed): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([GROUP]);
  await admin.disconnect();
  return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
}
