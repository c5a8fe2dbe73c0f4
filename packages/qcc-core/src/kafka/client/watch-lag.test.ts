import type { Admin, Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { createMetrics } from '../../base/metrics.ts';
import { TOPICS } from '../../contract/topics.ts';
import { sumLag, watchLag } from './watch-lag.ts';

test.each([
  ['nothing of an empty topic', [{ from: 0n, to: 0n, committed: -1n }], 0],
  ['everything where nothing was committed', [{ from: 0n, to: 7n, committed: -1n }], 7],
  [
    'what comes after the committed offset, of all partitions',
    [
      { from: 0n, to: 7n, committed: 5n },
      { from: 0n, to: 3n, committed: 3n },
    ],
    2,
  ],
  ['only what the log still holds', [{ from: 40n, to: 50n, committed: 10n }], 10],
  ['nothing where the log was cut behind the committed offset', [{ from: 0n, to: 5n, committed: 9n }], 0],
] as const)('the lag counts %s', (_name, partitions, lag) => {
  expect(sumLag(partitions.map(({ committed, ...log }) => ({ log, committed })))).toBe(lag);
});

const GROUP_AT_5_OF_7: Partial<Admin> = {
  connect: async () => {},
  disconnect: async () => {},
  fetchOffsets: async () => [{ topic: 'test.orders', partitions: [{ partition: 0, offset: '5', metadata: null }] }],
  fetchTopicOffsets: async () => [{ partition: 0, offset: '7', low: '0', high: '7' }],
};

test.each<[string, Partial<Admin>, object[]]>([
  ['shown by topic, without the one before', GROUP_AT_5_OF_7, [{ labels: { topic: 'orders' }, value: 2 }]],
  [
    'not shown, nor the one before, if Kafka is away',
    { ...GROUP_AT_5_OF_7, connect: async () => Promise.reject() },
    [],
  ],
])('a lag is %s', async (_name, admin, shown) => {
  const { consumerLag: lag } = createMetrics({ service: 'sink', account: 'main' });
  lag.set({ topic: 'records' }, 9);
  const kafka = { admin: () => admin } as Kafka;
  await using _watching = watchLag({ kafka, prefix: 'test.', group: 'test', topics: [TOPICS.orders], lag });
  await vi.waitFor(async () => expect((await lag.get()).values).toEqual(shown));
});
