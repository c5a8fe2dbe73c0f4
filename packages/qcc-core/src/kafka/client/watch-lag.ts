import { once } from 'node:events';
import type { Kafka } from 'kafkajs';
import { repeat } from '../../base/repeat.ts';
import { type TopicSpec, topicName } from '../../contract/topics.ts';
import type { OffsetRange } from './topic-offsets.ts';

const INTERVAL_MS = 15_000;

export type LagInput = {
  kafka: Kafka;
  prefix: string;
  group: string;
  topics: readonly TopicSpec[];
  /** The gauge to set. */
  lag: { reset(): void; set(labels: { topic: string }, messages: number): void };
};

/** Sets the gauge every 15 s until disposed. If the lags cannot be read, the gauge shows none, because the last values are outdated. */
export function watchLag(input: LagInput): AsyncDisposable {
  const watch = async (signal: AbortSignal): Promise<void> => {
    const reading = readLags(input).catch(() => new Map<string, number>());
    // The service has few seconds to end in, and what is being read ends by itself.
    const read = new AbortController();
    const ended = once(signal, 'abort', { signal: read.signal }).catch(() => {});
    const lags = await Promise.race([reading, ended.then(() => null)]);
    read.abort();
    if (lags === null) return;
    input.lag.reset();
    for (const [topic, lag] of lags) input.lag.set({ topic }, lag);
  };
  return repeat(watch, { pauseMs: INTERVAL_MS, onError: () => {} });
}

/** Messages that the group has not committed, by the topic's name without its prefix. */
async function readLags({ kafka, prefix, group, topics }: Omit<LagInput, 'lag'>): Promise<Map<string, number>> {
  // A new client each time, because a client that stays open keeps asking the old leaders.
  const admin = kafka.admin({ retry: { retries: 2 } });
  try {
    await admin.connect();
    const names = topics.map((topic) => topicName(prefix, topic));
    const groupOffsets = await admin.fetchOffsets({ groupId: group, topics: names });
    const lags = new Map<string, number>();
    for (const topic of topics) {
      const name = topicName(prefix, topic);
      const committed = groupOffsets.find((each) => each.topic === name)?.partitions ?? [];
      const ranges = await admin.fetchTopicOffsets(name);
      lags.set(
        topic.name,
        sumLag(
          ranges.map(({ partition, low, high }) => ({
            log: { from: BigInt(low), to: BigInt(high) },
            committed: BigInt(committed.find((each) => each.partition === partition)?.offset ?? -1),
          })),
        ),
      );
    }
    return lags;
  } finally {
    await admin.disconnect();
  }
}

/** `committed` is -1 if the group has committed nothing. Messages that the log no longer holds are not counted. */
export function sumLag(partitions: readonly { log: OffsetRange; committed: bigint }[]): number {
  let lag = 0n;
  for (const { log, committed } of partitions) {
    const held = log.to - log.from;
    const done = committed - log.from;
    if (done < held) lag += done > 0n ? held - done : held;
  }
  return Number(lag);
}
