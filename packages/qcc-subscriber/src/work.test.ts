import type { KafkaMessage } from 'kafkajs';
import { Registry } from 'prom-client';
import type { Batch, ConsumeInput } from 'qcc-core/kafka/client/consume';
import type { LagInput } from 'qcc-core/kafka/client/watch-lag';
import { beforeEach, expect, test, vi } from 'vitest';
import { readConnections } from './connections.ts';
import type { StartFacts } from './core/plan-start.ts';
import { SubscriptionError } from './errors.ts';
import type { StartFrom } from './options.ts';
import { work } from './work.ts';

/** One partition of a topic, and the groups that read it. */
const world = vi.hoisted(() => ({
  log: { from: 0n, to: 0n },
  sink: 0n,
  /** Of the subscriber's group. */
  committed: null as bigint | null,
  commits: [] as bigint[],
  /** What happens while ClickHouse is read, at each time. */
  snapshots: [] as (() => void)[],
  snapshotsRead: 0,
  consuming: Promise.withResolvers<ConsumeInput>(),
  lag: undefined as LagInput['lag'] | undefined,
}));

vi.mock('qcc-core/kafka/client/consume', () => ({
  async consume(input: ConsumeInput) {
    world.consuming.resolve(input);
    return { async [Symbol.asyncDispose]() {} };
  },
}));
vi.mock('qcc-core/kafka/client/watch-lag', () => ({
  watchLag({ lag }: LagInput) {
    world.lag = lag;
    return { async [Symbol.asyncDispose]() {} };
  },
}));
vi.mock('qcc-core/kafka/kafkajs-2.2.4/commit-for-group', () => ({
  async commitForGroup(_: unknown, { offsets }: { offsets: ReadonlyMap<number, bigint> }) {
    world.committed = offsets.get(0)!;
    world.commits.push(world.committed);
    if (world.commits.length > 9) throw new Error('it commits again and again');
  },
}));
vi.mock('./group-offsets.ts', () => ({
  fetchStartFacts: async (): Promise<StartFacts> => ({
    committed: new Map([[0, world.committed]]),
    sink: new Map([[0, world.sink]]),
    log: new Map([[0, { ...world.log }]]),
  }),
}));
vi.mock('./snapshot/read-snapshot.ts', () => ({
  async *readSnapshot() {
    world.snapshotsRead += 1;
    world.snapshots.shift()?.();
    yield [];
  },
}));
vi.mock('./follow-erasures.ts', () => ({
  followErasures: async () => ({ isErased: () => false, async start() {}, async [Symbol.asyncDispose]() {} }),
}));

beforeEach(() => {
  Object.assign(world, {
    ...{ log: { from: 0n, to: 100n }, sink: 50n, committed: null, commits: [], snapshots: [], snapshotsRead: 0 },
    consuming: Promise.withResolvers(),
    lag: undefined,
  });
});

/** A subscription that runs until `close`. */
async function start(from: StartFrom, metrics?: Registry) {
  const closing = new AbortController();
  const options = { topic: 'enriched-records', group: 'team', from, ...(metrics && { metrics }) } as const;
  const ended = work<'enriched-records'>({
    options,
    connections: readConnections(options, {}),
    handler() {},
    handlerRetry: {},
    closing: closing.signal,
    cut: new AbortController().signal,
    log: { warn() {}, error() {} },
    onProblem() {},
  });
  ended.catch(() => {});
  const consumer = await Promise.race([world.consuming.promise, ended.then(() => expect.unreachable('it has ended'))]);
  return {
    consumer,
    ended,
    async close() {
      closing.abort();
      await ended;
    },
  };
}

/** A batch whose commits go to `world`. */
const batchAt = (offset: bigint): Batch => ({
  topic: 'enriched-records',
  partition: 0,
  messages: [{ offset: String(offset), value: null } as unknown as KafkaMessage],
  nextOffset: offset + 1n,
  endOffset: offset + 1n,
  leaderEpochs: [],
  commit: async (upTo = offset + 1n) => void world.commits.push(upTo),
  signal: new AbortController().signal,
});

test('a group with history begins at the offset that the sink had committed before the state was read', async () => {
  world.snapshots = [() => Object.assign(world, { sink: 80n })];
  const { close } = await start('history');
  expect(world.commits).toEqual([50n]);
  await close();
});

test('an instance that reads the history for longer than another one leaves the offsets of the group as they are', async () => {
  world.snapshots = [() => Object.assign(world, { committed: 70n })];
  const { close } = await start('history');
  expect(world.commits).toEqual([]);
  await close();
});

test('a group reads the state again if retention has meanwhile passed the offset at which it would begin', async () => {
  world.snapshots = [() => Object.assign(world, { log: { from: 60n, to: 100n }, sink: 90n })];
  const { close } = await start('history');
  expect(world.commits).toEqual([90n]);
  expect(world.snapshotsRead).toBe(2);
  await close();
});

const UNREAD = { groupId: 'team', topic: 'enriched-records', partition: 0, position: '50', start: '90' };

test('with history, unread changes that retention deleted end the subscription, and nothing behind them is committed', async () => {
  world.committed = 50n;
  const { consumer, ended } = await start('history');
  expect(consumer.commitsHidden?.()).toBe(true);
  consumer.onUnreadDeleted?.(UNREAD);
  expect(consumer.commitsHidden?.()).toBe(false);
  await consumer.onBatch(batchAt(90n));
  expect(world.commits).toEqual([]);
  await expect(ended).rejects.toThrow(SubscriptionError);
  await expect(ended).rejects.toThrow(
    /enriched-records\/0 from offset 50 up to 90 .*the next start reads the state again$/,
  );
});

test.each(['earliest', 'latest'] as const)(
  'with %s, a subscription goes on behind what retention deleted',
  async (from) => {
    world.committed = 50n;
    const { consumer, close } = await start(from);
    consumer.onUnreadDeleted?.(UNREAD);
    expect(consumer.commitsHidden?.()).toBe(true);
    await close();
  },
);

test('nothing of a subscription that ended within a batch is kept by the next one', async () => {
  world.committed = 50n;
  const waits: unknown[] = [];
  for (let at = 0; at < 2; at += 1) {
    world.consuming = Promise.withResolvers();
    const { consumer, close } = await start('latest');
    const closed = close();
    waits.push((await consumer.onBatch(batchAt(50n)))?.comesAgainAfter);
    await closed;
  }
  expect(waits[0]).toBeInstanceOf(Promise);
  expect(waits[0]).not.toBe(waits[1]);
});

test('the lag is not shown while it cannot be read, nor after the end', async () => {
  const metrics = new Registry();
  const { close } = await start('latest', metrics);
  const shown = async () => (await metrics.getSingleMetric('qcc_subscriber_lag_messages')?.get())?.values;
  world.lag?.set({ topic: 'enriched-records' }, 7);
  expect(await shown()).toEqual([{ labels: { topic: 'enriched-records', group: 'team' }, value: 7 }]);
  world.lag?.reset();
  expect(await shown()).toEqual([]);
  world.lag?.set({ topic: 'enriched-records' }, 7);
  await close();
  expect(await shown()).toEqual([]);
});
