import { randomUUID } from 'node:crypto';
import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs';
import type { Reader, TopicPartition } from '../client.ts';
import { createInbox, type Inbox } from './inbox.ts';

export const CONSUMER = {
  sessionTimeout: 10_000,
  heartbeatInterval: 1_000,
  maxWaitTimeInMs: 250,
  readUncommitted: false,
  allowAutoTopicCreation: false,
} as const satisfies Partial<ConsumerConfig>;

/** kafkajs reads by groups only, so the reader has one that nobody else joins. */
export async function openReader(
  kafka: Kafka,
  from: readonly (TopicPartition & { offset: bigint })[],
): Promise<Reader> {
  const consumer = kafka.consumer({ ...CONSUMER, groupId: `conformance.${randomUUID()}` });
  const inbox = createInbox();
  watch(consumer, inbox);
  await consumer.connect();
  await consumer.subscribe({ topics: [...new Set(from.map(({ topic }) => topic))], fromBeginning: true });
  const seek = () => {
    for (const { topic, partition, offset } of from) consumer.seek({ topic, partition, offset: String(offset) });
  };
  // Seeking before the group is joined has no effect on the first fetches.
  let sought = false;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    if (!sought) seek();
    sought = true;
  });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { topic, partition, messages } }) => {
      for (const { key, offset } of messages) inbox.add({ topic, partition, key: String(key), offset: BigInt(offset) });
    },
  });
  return { take: async () => inbox.take(), close: () => consumer.disconnect() };
}

/** The inbox follows the consumer's position, and learns what ended it. */
export function watch(consumer: Consumer, inbox: Inbox): Consumer {
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) =>
    inbox.moveTo({ topic, partition }, BigInt(lastOffset) + 1n),
  );
  consumer.on(consumer.events.CRASH, ({ payload }) => inbox.complain(payload.error));
  return consumer;
}

export async function committedOffsets(
  kafka: Kafka,
  { group, topic, partitions }: { group: string; topic: string; partitions: readonly number[] },
): Promise<(bigint | null)[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return partitions.map((wanted) => {
      const offset = found?.partitions.find(({ partition }) => partition === wanted)?.offset;
      return offset === undefined || offset === '-1' ? null : BigInt(offset);
    });
  } finally {
    await admin.disconnect();
  }
}
