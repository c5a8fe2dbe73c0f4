import type { ProducerBatch, RecordMetadata, TopicMessages, TopicPartition } from 'kafkajs';
import { partitionName } from '../../contract/topics.ts';
import { batchesOf, timesEncodedOf } from '../kafkajs-2.2.4/produce-packed.ts';

/**
 * How each producer of this package is configured. kafkajs repeats a request by broker and not by partition: if a leader has
 * moved, it sends stored messages a second time, or never sends missing ones, and reports success. So it must not retry.
 * If a request fails, a lane breaks and a publisher sends again.
 */
export const SENDS_ONCE = {
  // kafkajs refuses 0 for an idempotent producer. No count of attempts is below NaN, so it makes one attempt and no other.
  retry: { retries: Number.NaN },
  idempotent: true,
  maxInFlightRequests: 1,
} as const;

/** A request was not stored as it was given: some of it may be missing, or stored twice. */
export class UnevenSendError extends Error {
  override readonly name = 'UnevenSendError';
}

/** Where a request's messages for one partition are: they have consecutive offsets, in the order in which they were given. */
export type StoredRange = { topic: string; partition: number; firstOffset: number; count: number };

/**
 * Sends a request, whose messages name their partitions, through a producer made with `SENDS_ONCE`. Resolves once the brokers
 * have all of it.
 * @returns where they have it, with the topics' names in the cluster.
 * @throws UnevenSendError if a partition's batch was not sent and acknowledged exactly once. Other errors come from kafkajs.
 */
export async function sendOnce(
  sendBatch: (batch: ProducerBatch) => Promise<RecordMetadata[]>,
  topicMessages: TopicMessages[],
): Promise<StoredRange[]> {
  const acknowledged = new Map<string, { times: number; firstOffset: number }>();
  for (const { topicName, partition, errorCode, baseOffset } of await sendBatch({ topicMessages, acks: -1 })) {
    const name = partitionName({ topic: topicName, partition });
    if (errorCode !== 0) throw new UnevenSendError(`${name} was acknowledged with the error code ${errorCode}`);
    const times = (acknowledged.get(name)?.times ?? 0) + 1;
    acknowledged.set(name, { times, firstOffset: Number(baseOffset) });
  }
  const stored: StoredRange[] = [];
  for (const { timesSent, ...sent } of topicMessages.flatMap(partitionsOf)) {
    const name = partitionName(sent);
    const { times = 0, firstOffset = Number.NaN } = acknowledged.get(name) ?? {};
    if (timesSent !== 1 || times !== 1) {
      throw new UnevenSendError(`the batch of ${name} was sent ${timesSent} times and acknowledged ${times} times`);
    }
    acknowledged.delete(name);
    stored.push({ ...sent, firstOffset });
  }
  const [foreign] = acknowledged.keys();
  if (foreign !== undefined) throw new UnevenSendError(`${foreign} was acknowledged, but nothing was sent to it`);
  return stored;
}

/** The offsets of the messages that were sent to one partition, in the order in which they were given. */
export function offsetsOn({ topic, partition }: TopicPartition, stored: readonly StoredRange[]): number[] {
  return stored
    .filter((range) => range.topic === topic && range.partition === partition)
    .flatMap(({ firstOffset, count }) => Array.from({ length: count }, (_, at) => firstOffset + at));
}

/** The partitions that a request has messages for. kafkajs itself encodes plain messages, once for each attempt. */
function partitionsOf(
  topicMessages: TopicMessages,
): { topic: string; partition: number; count: number; timesSent: number }[] {
  const { topic, messages } = topicMessages;
  const batches = batchesOf(topicMessages);
  if (batches) {
    return Array.from(batches, ([partition, batch]) => ({
      topic,
      partition,
      count: batch.length,
      timesSent: timesEncodedOf(batch),
    }));
  }
  return Array.from(
    Map.groupBy(messages, ({ partition }) => partition),
    ([partition, { length: count }]) => {
      if (partition === undefined) throw new TypeError(`a message for ${topic} names no partition`);
      return { topic, partition, count, timesSent: 1 };
    },
  );
}
