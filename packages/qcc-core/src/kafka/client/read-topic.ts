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
  /** Each message, in its partition's order; partitions come one after another in no order. What it throws ends the reading. */
  onMessage: (message: KafkaMessage, partition: number) => void | Promise<void>;
};

/**
 * Reads everything that stands committed on a topic at the time of the call, as a `read_committed` subscriber sees it (see
 * `topicOffsets` for what does not yet). Ends by offsets, never by time.
 */
export const readTopic = async (input: ReadInput): Promise<void> =>
  readRanges(input, await topicOffsets(input.kafka, input.topic));

const NO_END = 2n ** 63n;

/**
 * Reads one partition from its beginning up to a tombstone with this key, which is committed there or about to be: what
 * compaction took away, and control records, make no difference to it as they do to offsets. Rejects once the signal aborts.
 */
export async function readPartition(
  input: ReadInput & { partition: number; marker: string; signal: AbortSignal },
): Promise<void> {
  const ranges = await topicOffsets(input.kafka, input.topic);
  if (!ranges.has(input.partition)) throw new Error(`${input.topic} has no partition ${input.partition}`);
  const endless = new Map([...ranges].map(([partition, { from }]) => [partition, { from, to: NO_END }]));
  await readRanges(input, onlyOf(input.partition, endless));
}

/** The others with nothing of theirs. */
const onlyOf = (partition: number, ranges: ReadonlyMap<number, OffsetRange>): Map<number, OffsetRange> =>
  new Map([...ranges].map(([each, { from, to }]) => [each, { from, to: each === partition ? to : from }]));

/** The message at an offset; undefined where it is no longer, or not yet, there, or was never committed. */
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
 * What tells the end of a range is the last offset of a batch, not of a message: control records take offsets too, and a
 * batch may hold nothing else.
 */
async function readRanges(
  { kafka, topic, prefix, onMessage, marker, signal }: ReadInput & { marker?: string; signal?: AbortSignal },
  ranges: ReadonlyMap<number, OffsetRange>,
): Promise<void> {
  const open = new Map([...ranges].filter(([, { from, to }]) => from < to));
  if (open.size === 0) return;
  signal?.throwIfAborted();
  // A seek, and a membership lost on a busy machine, give messages again: each is told once, by its place.
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
            // Not kafkajs's to know: it would give the batch again, and what failed in it has been told.
            open.clear();
            reject(error);
            return;
          }
        }
        await heartbeat();
      },
    });
    // kafkajs tells of a group that could not be joined by its event alone: what follows would fail without saying why.
    await Promise.race([done, Promise.resolve()]);
    consumer.pause([{ topic, partitions: [...ranges.keys()].filter((partition) => !open.has(partition)) }]);
    for (const [partition, { from }] of open) consumer.seek({ topic, partition, offset: from.toString() });
    await done;
  } finally {
    // The signal may outlive the reading by far, and would keep all that was read.
    signal?.removeEventListener('abort', abort);
    await consumer.disconnect();
  }
}

/** The reader of pages is here for services, because they import nothing that depends on the release of kafkajs. */
export { openPageReader, type PageReader } from '../kafkajs-2.2.4/read-page.ts';
