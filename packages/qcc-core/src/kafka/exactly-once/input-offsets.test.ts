import type { Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { createHealth } from '../../base/health.ts';
import { createLogger } from '../../base/logs.ts';
import { TOPICS } from '../../contract/topics.ts';
import { openInputOffsets } from './input-offsets.ts';
import type { Lane } from './lane.ts';

/** The entry of the partition, and what the group has committed. */
const known = vi.hoisted(() => ({ recorded: 100, committed: '100' }));
vi.mock('./table.ts', () => ({
  openTable: async () => ({
    get: () => ({ nextOffset: known.recorded, topicId: 'id', leaderEpoch: 5, reason: null }),
    catchUp: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }),
}));
vi.mock('../kafkajs-2.2.4/topic-id.ts', () => ({ fetchTopicId: async () => 'id' }));
vi.mock('../client/topic-offsets.ts', () => ({ topicOffsets: async () => new Map([[0, { from: 0n, to: 500n }]]) }));
/** The log that is there now has the messages of epoch 5 up to offset 150. */
vi.mock('../kafkajs-2.2.4/epoch-ends.ts', () => ({
  fetchEpochEnds: async (_kafka: Kafka, _topic: string, questions: readonly unknown[]) =>
    questions.map(() => ({ leaderEpoch: 5, endOffset: 150n })),
}));
vi.mock('../client/ask-while-spreading.ts', () => ({
  askWhileSpreading: <Answer>(ask: () => Promise<Answer>) => ask(),
  withAdmin: async <Answer>(_kafka: Kafka, ask: (admin: unknown) => Promise<Answer>) =>
    await ask({ fetchOffsets: async () => [{ partitions: [{ partition: 0, offset: known.committed }] }] }),
}));

/** Opens a lane after a consumer, which had read up to offset 200, found that the log changed from 150 on. */
async function resumeAfterLoss(): Promise<bigint> {
  await using offsets = await openInputOffsets({
    kafka: {} as Kafka,
    prefix: '',
    service: 'test',
    group: 'test',
    from: TOPICS.orders,
    codec: { encode: () => Buffer.alloc(0), decode: async () => ({}) as never },
    hasPublished: async () => true,
    sessionTimeoutMs: 6_000,
    health: createHealth({ parts: [] }),
    log: createLogger({ service: 'test', level: 'silent', secrets: [] }),
  });
  offsets.noteTruncated(0, '150');
  const transact: Lane['transact'] = async (work) => {
    await work({ send: async () => {} } as never);
  };
  return await offsets.resume({ partition: 0, signal: new AbortController().signal, transact });
}

test('a lane opens after a loss that the consumer found beyond what the lane had done', async () => {
  expect(await resumeAfterLoss()).toBe(100n);
});

test('a lane does not open if the group has committed more than is recorded: the loss may be below that', async () => {
  known.committed = '200';
  try {
    await expect(resumeAfterLoss()).rejects.toThrow('the log changed from offset 150 on, and was read up to 200');
  } finally {
    known.committed = '100';
  }
});
