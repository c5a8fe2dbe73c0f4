import '../kafkajs-2.2.4/end-stopped-runners.ts';
import '../kafkajs-2.2.4/fetch-committed.ts';
import { randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { type OffsetRange, topicOffsets } from './topic-offsets.ts';

export type ReadInput = {
  kafka: Kafka;
  /** The topic's name in the cluster. */
  topic: string;
  /** Goes before the name of the consumer group, which is new each time and commits nothing. */
  prefix: string;
  /** Called with one message at a time. Only messages of one partition have an order. An error that it throws ends the reading. */
  onMessage: (message: KafkaMessage, partition: number) => void | Promise<void>;
};

/**
 * Reads everything that is committed on a topic at the time of the call, as a `read_committed` subscriber sees it. `topicOffsets`
 * says which messages are not included yet. Offsets determine the end, never time.
 */
export const readTopic = async (input: ReadInput): Promise<void> =>
  readRanges(input, await topicOffsets(input.kafka, input.topic));

const NO_END = 2n ** 63n;

/**
 * Reads one partition from its beginning up to a tombstone with the key `marker`, which is committed already or will be soon.
 * Unlike an end offset, a marker is found even if control records follow the last message, or compaction removed messages.
 * Rejects once the signal aborts.
 */
export async function readPartition(
  input: ReadInput & { partition: number; marker: string; signal: AbortSignal },
): Promise<void> {
  const ranges = await topicOffsets(input.kafka, input.topic);
  if (!ranges.has(input.partition)) throw new Error(`${input.topic} has no partition ${input.partition}`);
  const endless = new Map([...ranges].map(([partition, { from }]) => [partition, { from, to: NO_END }]));
  await readRanges(input, onlyOf(input.partition, endless));
}

/** Keeps the range of one partition and makes the ranges of the others empty. */
const onlyOf = (partition: number, ranges: ReadonlyMap<number, OffsetRange>): Map<number, OffsetRange> =>
  new Map([...ranges].map(([each, { from, to }]) => [each, { from, to: each === partition ? to : from }]));

/** Returns the message at an offset; undefined if it was deleted, is not there yet, or was never committed. */
export async function readMessage(
  input: Omit<ReadInput, 'onMessage'> & { partition: number; offset: bigint },
): Promise<KafkaMessage | undefined> {
  const { partition, offset } = input;
  const ranges = await topicOffsets(input.kafka, input.topic);
  const held = ranges.get(partition);
  if (!held || offset < held.from || offset >= held.to) return undefined;
  const wanted = onlyOf(
    partition,
    new Map([...ranges.keys()].map((each) => [each, { from: offset, to: offset + 1n }])),
  );
  let found: KafkaMessage | undefined;
  const onMessage = (message: KafkaMessage) => {
    if (BigInt(message.offset) === offset) found = message;
  };
  await readRanges({ ...input, onMessage }, wanted);
  return found;
}

/** Whether a partition holds a committed message that matches. Reads from its beginning, up to the first one. */
export const hasMessage = async (
  input: Omit<ReadInput, 'onMessage'> & { partition: number; matches(message: KafkaMessage): Promise<boolean> },
): Promise<boolean> => findMessage(input, onlyOf(input.partition, await topicOffsets(input.kafka, input.topic)));

/**
 * Whether the ranges contain a committed message. A range may be empty or contain only control records. Reads up to the first
 * message. Rejects when the signal aborts.
 */
export const holdsMessages = (
  input: Omit<ReadInput, 'onMessage'> & { signal: AbortSignal },
  ranges: ReadonlyMap<number, OffsetRange>,
): Promise<boolean> => findMessage({ ...input, matches: async () => true }, ranges);

async function findMessage(
  {
    matches,
    ...input
  }: Omit<ReadInput, 'onMessage'> & { matches(message: KafkaMessage): Promise<boolean>; signal?: AbortSignal },
  ranges: ReadonlyMap<number, OffsetRange>,
): Promise<boolean> {
  const found = new Error('found');
  const onMessage = async (message: KafkaMessage) => {
    if (await matches(message)) throw found;
  };
  try {
    await readRanges({ ...input, onMessage }, ranges);
    return false;
  } catch (error) {
    if (error === found) return true;
    throw error;
  }
}

/** About half a minute: a broker that has just started is still loading its groups. */
const WHILE_LOADING = { initialRetryTime: 300, maxRetryTime: 3_000, retries: 12 };

/**
 * A range ends with a batch whose last offset reaches its end. The last message does not show the end, because control records
 * take offsets too, and a batch may hold nothing else.
 */
async function readRanges(
  { kafka, topic, prefix, onMessage, marker, signal }: ReadInput & { marker?: string; signal?: AbortSignal },
  ranges: ReadonlyMap<number, OffsetRange>,
): Promise<void> {
  const open = new Map([...ranges].filter(([, { from, to }]) => from < to));
  if (open.size === 0) return;
  signal?.throwIfAborted();
  // A seek, or a lost membership on a busy machine, delivers messages again. Offsets ensure that each is passed on once.
  const nextOffsets = new Map([...open].map(([partition, { from }]) => [partition, from]));
  const consumer = kafka.consumer({
    groupId: `${prefix}qcc.reader.${randomUUID()}`,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
    retry: WHILE_LOADING,
  });
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  // It may be rejected before anybody waits for it.
  done.catch(() => {});
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const range = open.get(partition);
    if (!range || BigInt(lastOffset) < range.to - 1n) return;
    open.delete(partition);
    if (open.size === 0) resolve();
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages }, heartbeat }) => {
        const range = open.get(partition);
        if (!range) return;
        for (const message of messages) {
          const offset = BigInt(message.offset);
          if (offset < (nextOffsets.get(partition) ?? range.from) || offset >= range.to) continue;
          nextOffsets.set(partition, offset + 1n);
          if (marker !== undefined && message.value === null && message.key?.toString() === marker) {
            open.clear();
            resolve();
            return;
          }
          try {
            await onMessage(message, partition);
          } catch (error) {
            // kafkajs must not see the error, or it delivers the batch again. `reject` passes the error to the caller.
            open.clear();
            reject(error);
            return;
          }
        }
        await heartbeat();
      },
    });
    // kafkajs reports only by an event that the group could not be joined. The calls below would fail without the reason.
    await Promise.race([done, Promise.resolve()]);
    consumer.pause([{ topic, partitions: [...ranges.keys()].filter((partition) => !open.has(partition)) }]);
    for (const [partition, { from }] of open) consumer.seek({ topic, partition, offset: from.toString() });
    await done;
  } finally {
    // The signal may live much longer, and its listener would keep everything that was read in memory.
    signal?.removeEventListener('abort', abort);
    await consumer.disconnect();
  }
}

/** The reader of pages is here for services, because they import nothing that depends on the release of kafkajs. */
export { openPageReader, type PageReader } from '../kafkajs-2.2.4/read-page.ts';
