import { randomUUID } from 'node:crypto';
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';

/**
 * Everything that stands committed on a topic at the time of the call, as a `read_committed` subscriber sees it. Ends by
 * offsets, never by time: control records count, since an event tells of batches that hold nothing else.
 */
export async function readTopic(brokers: string, topic: string): Promise<KafkaMessage[]> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => [partition, { high, low }]),
  );
  await admin.disconnect();
  const open = new Set([...ends].filter(([, { high, low }]) => high !== low).map(([partition]) => partition));
  const messages: KafkaMessage[] = [];
  if (open.size === 0) return messages;

  const consumer = kafka.consumer({ groupId: `reader.${randomUUID()}`, readUncommitted: false, maxWaitTimeInMs: 50 });
  const { promise: done, resolve } = Promise.withResolvers<void>();
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const end = ends.get(payload.partition);
    if (end && BigInt(payload.lastOffset) >= BigInt(end.high) - 1n) open.delete(payload.partition);
    if (open.size === 0) resolve();
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: async ({ batch }) => void messages.push(...batch.messages) });
    await done;
  } finally {
    await consumer.disconnect();
  }
  return messages;
}
