import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import { UndecodableError } from '../../avro/undecodable-error.ts';
import { END_RETRIES } from '../../base/backoff.ts';
import { describeError } from '../../base/errors.ts';
import type { Health } from '../../base/health.ts';
import { type TopicSpec, topicName } from '../../contract/topics.ts';
import { askWhileSpreading } from '../client/ask-while-spreading.ts';
import { consume } from '../client/consume.ts';
import { fetchEpochEnds } from '../kafkajs-2.2.4/epoch-ends.ts';
import { fetchTopicId } from '../kafkajs-2.2.4/topic-id.ts';
import { agreesUpTo, type EpochEnd, epochBefore } from '../wire/leader-epochs.ts';
import type { Outgoing } from '../wire/outgoing.ts';
import { createTablePartition, type TableStore } from './table-partition.ts';

/**
 * A compacted topic as a map, like a GlobalKTable: every instance reads all of its partitions, from the beginning, and again
 * whenever it had to join its group again (see `createTablePartition`).
 */
export type Table<Value = Buffer, Store = ReadonlyMap<string, Value>> = AsyncDisposable & {
  /** The newest committed value of the key that has been read so far. */
  get(key: string): Value | undefined;
  /**
   * The newest committed value of each key of one partition. It follows the topic until the partition is read again from its beginning.
   * From then on it does not change, and the table has another store.
   */
  entries(partition: number): Store;
  /**
   * Waits until everything committed to the partition before this call has been read, by sending a marker through
   * `send` and waiting until it comes back: end offsets cannot tell, since transaction markers take offsets too. Brokers can lose
   * a marker, so another one is sent every ten seconds until one of them comes back.
   * @throws errors of `send`, and the signal's reason.
   */
  catchUp(partition: number, send: (marker: Outgoing) => Promise<void>, signal?: AbortSignal): Promise<void>;
};

const NEXT_MARKER_MS = 10_000;

/** Markers are tombstones, so that compaction removes them. Each has a unique key, so that none removes another. */
export const newMarker = (): string => `~marker/${randomUUID()}`;

/**
 * Resolves once the table has begun to read its topic, and reads until disposed. A caller that needs the messages that are already
 * there calls `catchUp` first. Problems with Kafka are not thrown: the table retries, and reports them in `health`.
 */
export async function openTable<
  Value = Buffer,
  Kept = Value,
  Store extends TableStore<Kept> = Map<string, Kept>,
>(input: {
  kafka: Kafka;
  topic: TopicSpec;
  prefix: string;
  /** Begins the names of its consumer groups, which get the name of the topic and a random part behind it. */
  group: string;
  sessionTimeoutMs: number;
  health: Pick<Health, 'set'>;
  log: Pick<Logger, 'warn' | 'error'>;
  /**
   * Decodes a value. Without it, values are bytes. A value that does not decode is skipped and logged, because one unreadable message
   * must not end the reading of all others.
   */
  decode?: (bytes: Buffer) => Promise<Value>;
  /** Returns the part of a value that the table keeps. Without it, the table keeps the value. */
  keep?: (value: Value) => Kept;
  /** Makes the store of a partition; a `Map` without it. */
  newStore?: () => Store;
  /** The keys that the table keeps; all keys without it. */
  wants?: (key: string) => boolean;
  /** Called once with each value when it is read, in the order of its partition. After a start, it gets the old values too. */
  onValue?: (key: string, value: Value, offset: bigint) => void;
  /** Called with each tombstone of a key that the table keeps, in the same order. */
  onTombstone?: (key: string, offset: bigint) => void;
}): Promise<Table<Kept, Store>> {
  const decode = input.decode ?? (async (bytes: Buffer) => bytes as Value);
  const keep = input.keep ?? ((value: Value) => value as unknown as Kept);
  const newStore = input.newStore ?? (() => new Map<string, Kept>() as unknown as Store);
  const partitions = Array.from({ length: input.topic.partitions }, () => createTablePartition<Kept, Store>(newStore));
  const markers = new Map<string, () => void>();
  const topic = topicName(input.prefix, input.topic);
  let topicId: string | undefined;

  const truncate = (number: number, end: bigint, leaderEpoch: number | null): void => {
    input.log.error(`the brokers lost messages of ${topic}/${number}, from ${end} on: it is read again`);
    partitions[number]?.truncate(end, leaderEpoch);
  };

  /**
   * A consumer that starts at the beginning gets no error if the brokers lost messages. Leader epochs show the loss. The end of the
   * log does not: clients may still reach a former leader, which reports an older end while it is cut off from the others.
   */
  const noticeLosses = async (): Promise<void> => {
    const read = partitions.flatMap(({ nextOffset, leaderEpoch }, partition) =>
      leaderEpoch === null ? [] : [{ partition, nextOffset, leaderEpoch }],
    );
    const ends = await fetchKnownEnds(() => fetchEpochEnds(input.kafka, topic, read));
    for (const [at, position] of read.entries()) {
      const found = ends[at]!;
      if (found.endOffset < 0n) continue;
      const end = agreesUpTo(position, found);
      if (end < position.nextOffset) truncate(position.partition, end, found.leaderEpoch);
    }
  };

  const reader = await consume({
    kafka: input.kafka,
    group: `${input.group}.${input.topic.name}`,
    readsAll: {
      async beforeJoin() {
        const found = await fetchTopicId(input.kafka, topic);
        if (topicId !== undefined && topicId !== found) {
          input.log.error(`the topic ${topic} was created again: it is read from its beginning`);
          for (const each of partitions) each.forget();
        } else if (topicId !== undefined) await noticeLosses();
        topicId = found;
      },
    },
    topics: [topic],
    sessionTimeoutMs: input.sessionTimeoutMs,
    concurrency: 1,
    health: input.health,
    healthPart: `table ${input.topic.name}`,
    log: input.log,
    onAssigned: () => {
      for (const each of partitions) each.begin();
    },
    onBatch: async ({ partition: number, messages, leaderEpochs, signal }) => {
      const partition = partitions[number];
      if (!partition) return;
      for (const { offset: at, key, value } of messages) {
        const offset = BigInt(at);
        const name = key?.toString() ?? '';
        // An unwanted message counts like a tombstone of a key that is not there.
        const isWanted = input.wants?.(name) ?? true;
        const wanted = isWanted ? value : null;
        const decoded =
          wanted &&
          (await decode(wanted).catch((error: unknown) => {
            if (!(error instanceof UndecodableError)) throw error;
            input.log.error(`${topic}/${number}, offset ${offset}: a value is passed over: ${describeError(error)}`);
          }));
        // The reading that this belongs to may have ended meanwhile.
        signal.throwIfAborted();
        if (decoded === undefined) continue;
        const caughtUp = decoded === null ? markers.get(name) : undefined;
        markers.delete(name); // read again later, it proves nothing
        // A marker is sent after everything that was read. If its offset is not new, the messages that had the offset are lost.
        if (caughtUp && offset < partition.nextOffset) truncate(number, offset, null);
        const leaderEpoch = epochBefore(leaderEpochs, offset + 1n);
        const isNew = partition.apply(offset, name, decoded === null ? null : keep(decoded), leaderEpoch);
        caughtUp?.();
        if (!isNew || !isWanted) continue;
        if (decoded === null) input.onTombstone?.(name, offset);
        else input.onValue?.(name, decoded, offset);
      }
    },
  });
  return {
    get(key) {
      for (const partition of partitions) {
        const value = partition.entries().get(key);
        if (value) return value;
      }
      return undefined;
    },
    entries: (partition) => partitions[partition]?.entries() ?? newStore(),
    async catchUp(partition, send, signal) {
      const sent: string[] = [];
      const caughtUp = new AbortController();
      const over = AbortSignal.any([caughtUp.signal, ...(signal ? [signal] : [])]);
      try {
        while (!caughtUp.signal.aborted) {
          signal?.throwIfAborted();
          const marker = newMarker();
          sent.push(marker);
          markers.set(marker, () => caughtUp.abort());
          const sending = send({ topic: input.topic, key: marker, value: null, partition });
          if (sent.length === 1) await sending;
          // The first marker is on its way. If another one fails or hangs, the wait still ends when the first one comes back.
          else sending.catch(() => {});
          await sleep(NEXT_MARKER_MS, undefined, { signal: over }).catch(() => {});
        }
      } finally {
        for (const marker of sent) markers.delete(marker);
      }
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/** A broker does not know the epoch. */
class UnknownEpochError extends Error {
  override readonly name = 'UnknownEpochError';
  readonly ends: readonly EpochEnd[];
  constructor(ends: readonly EpochEnd[]) {
    super('a broker does not know the epoch of its last message');
    this.ends = ends;
  }
}

/**
 * Asks again for some seconds if a broker does not know the epoch: it is a former leader, and clients soon find the present one. A
 * broker whose log is empty knows no epoch either, so the question is then given up.
 */
async function fetchKnownEnds(ask: () => Promise<EpochEnd[]>): Promise<readonly EpochEnd[]> {
  try {
    return await pRetry(
      async () => {
        const ends = await askWhileSpreading(ask);
        if (ends.some(({ endOffset }) => endOffset < 0n)) throw new UnknownEpochError(ends);
        return ends;
      },
      { ...END_RETRIES, shouldRetry: ({ error }) => error instanceof UnknownEpochError },
    );
  } catch (error) {
    if (error instanceof UnknownEpochError) return error.ends;
    throw error;
  }
}
