import 'qcc-core/kafka/kafkajs-2.2.4/fetch-committed';
import { randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { type TopicSpec, topicName } from 'qcc-core/contract/topics';
import { cutByBytes } from 'qcc-core/kafka/client/outbox';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { PATIENCE } from '../harness/patience.ts';
import { until } from '../harness/until.ts';

export type Message = Pick<KafkaMessage, 'key' | 'value' | 'headers'> & { partition: number };

/** Sends messages, acknowledged by all, outside any transaction. */
export async function produce(kafka: Kafka, prefix: string, messages: Outgoing[]): Promise<void> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const topicMessages of cutByBytes(messages, prefix)) await producer.sendBatch({ topicMessages, acks: -1 });
  await producer.disconnect();
}

export type TopicReader = AsyncDisposable & {
  /** What a read_committed subscriber has seen so far, in each partition's order. */
  readonly messages: readonly Message[];
  /** Resolves once everything that was written before this call has been read. */
  toEnd(): Promise<void>;
};

const MARKER = 'qcc.test-marker';

/** Follows a topic as a read_committed subscriber does, from its beginning. */
export async function readTopic(kafka: Kafka, prefix: string, topic: TopicSpec): Promise<TopicReader> {
  const messages: Message[] = [];
  const markers = new Map<string, () => void>();
  // Who joins its group again, as on a busy machine, reads everything again.
  const nextOffsets = new Map<number, bigint>();
  const consumer = kafka.consumer({ groupId: `${prefix}reader.${randomUUID()}`, maxWaitTimeInMs: 50 });
  let crash: Error | undefined;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = payload.error;
  });
  await consumer.connect();
  await consumer.subscribe({ topic: topicName(prefix, topic), fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message: { offset, key, value, headers } }) => {
      if (BigInt(offset) < (nextOffsets.get(partition) ?? 0n)) return;
      nextOffsets.set(partition, BigInt(offset) + 1n);
      const marker = headers?.[MARKER];
      if (marker) markers.get(`${marker}/${partition}`)?.();
      else messages.push({ key, value, ...(headers && { headers }), partition });
    },
  });
  return {
    messages,
    async toEnd() {
      const marker = randomUUID();
      const partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
      const unread = new Set(partitions);
      for (const partition of partitions) markers.set(`${marker}/${partition}`, () => void unread.delete(partition));
      const headers = { [MARKER]: marker };
      await produce(
        kafka,
        prefix,
        partitions.map((partition) => ({ topic, key: marker, value: null, partition, headers })),
      );
      const isRead = async (): Promise<boolean> => unread.size === 0;
      await until(`${topic.name} is read to its end`, PATIENCE.timeout, isRead, 10).catch((error: Error) => {
        const places = `not read: partitions ${[...unread].join(', ')}`;
        throw new Error(`${error.message}; ${places}`, { cause: crash });
      });
    },
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}
