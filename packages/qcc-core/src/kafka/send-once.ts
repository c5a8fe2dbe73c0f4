import type { ProducerBatch, RecordMetadata, TopicMessages } from 'kafkajs';
import { batchesOf, timesEncodedOf } from './kafkajs-2.2.4/produce-packed.ts';
import { partitionName } from './topics.ts';

/**
 * How each producer of this package is configured. kafkajs repeats a request by broker and not by partition: if a leader has
 * moved, it sends stored messages a second time, or never sends missing ones, and reports success. So it must not retry. The
 * lane and the publisher know what they send, and retry instead.
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

/**
 * Sends a request, whose messages name their partitions, through a producer made with `SENDS_ONCE`. Resolves once the brokers
 * have all of it.
 * @throws UnevenSendError if a partition's batch was not sent and acknowledged exactly once. Other errors come from kafkajs.
 */
export async function sendOnce(
  sendBatch: (batch: ProducerBatch) => Promise<RecordMetadata[]>,
  topicMessages: TopicMessages[],
): Promise<void> {
  const acknowledged = new Map<string, number>();
  for (const { topicName, partition, errorCode } of await sendBatch({ topicMessages, acks: -1 })) {
    const name = partitionName({ topic: topicName, partition });
    if (errorCode !== 0) throw new UnevenSendError(`${name} was acknowledged with the error code ${errorCode}`);
    acknowledged.set(name, (acknowledged.get(name) ?? 0) + 1);
  }
  for (const { name, timesSent } of topicMessages.flatMap(partitionsOf)) {
    const times = acknowledged.get(name) ?? 0;
    if (timesSent !== 1 || times !== 1) {
      throw new UnevenSendError(`the batch of ${name} was sent ${timesSent} times and acknowledged ${times} times`);
    }
    acknowledged.delete(name);
  }
  const [foreign] = acknowledged.keys();
  if (foreign !== undefined) throw new UnevenSendError(`${foreign} was acknowledged, but nothing was sent to it`);
}

/** The partitions that a request has messages for. kafkajs itself encodes plain messages, once for each attempt. */
function partitionsOf(topicMessages: TopicMessages): { name: string; timesSent: number }[] {
  const { topic, messages } = topicMessages;
  const nameOf = (partition: number) => partitionName({ topic, partition });
  const batches = batchesOf(topicMessages);
  if (batches) {
    return Array.from(batches, ([partition, batch]) => ({
      name: nameOf(partition),
      timesSent: timesEncodedOf(batch),
    }));
  }
  const partitions = new Set(messages.map(({ partition }) => partition));
  return Array.from(partitions, (partition) => {
    if (partition === undefined) throw new TypeError(`a message for ${topic} names no partition`);
    return { name: nameOf(partition), timesSent: 1 };
  });
}
