import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { cutByBytes } from 'qcc-core/kafka/outbox';
import { type Outgoing, partitionOf } from 'qcc-core/kafka/outgoing';
import { topicOffsets } from 'qcc-core/kafka/topic-offsets';
import { topicName } from 'qcc-core/kafka/topics';

/** Messages that stand on their topic and come into sight all at once. */
export type Backlog = {
  /** Commits them. @returns once a group has committed its offsets behind the last of them: how many seconds that took. */
  consumedBy(group: string): Promise<number>;
};

const POLL_MS = 20;
/** Of the brokers the longest they allow. */
const TRANSACTION_TIMEOUT_MS = 900_000;

/**
 * Writes the messages, all of one topic that nobody else writes, in one transaction that stays open: readers that have joined
 * already wait for its end, so that neither their start nor the filling is measured with them.
 */
export async function fillBacklog(input: {
  kafka: Kafka;
  prefix: string;
  messages: readonly Outgoing[];
}): Promise<Backlog> {
  const { kafka, prefix, messages } = input;
  const topic = topicName(prefix, messages[0]!.topic);
  const before = await topicOffsets(kafka, topic);
  const producer = kafka.producer({
    transactionalId: `${topic}.backlog`,
    maxInFlightRequests: 1,
    idempotent: true,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const ends = new Map([...before].map(([partition, { to }]) => [partition, to]));
  for (const topicMessages of cutByBytes(messages, prefix)) await transaction.sendBatch({ topicMessages });
  for (const { topic: spec, key, partition = partitionOf(spec, key) } of messages)
    ends.set(partition, ends.get(partition)! + 1n);
  return {
    async consumedBy(group) {
      const admin = kafka.admin();
      await admin.connect();
      try {
        const startedAt = performance.now();
        await transaction.commit();
        for (;;) {
          const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
          const isBehind = offsets!.partitions.every(({ partition, offset }) => BigInt(offset) >= ends.get(partition)!);
          if (isBehind) return (performance.now() - startedAt) / 1_000;
          await sleep(POLL_MS);
        }
      } finally {
        await Promise.all([admin.disconnect(), producer.disconnect()]);
      }
    },
  };
}
