import type { Kafka } from 'kafkajs';
import { topicName } from 'qcc-core/contract/topics';
import { cutByBytes } from 'qcc-core/kafka/client/outbox';
import { topicOffsets } from 'qcc-core/kafka/client/topic-offsets';
import { type Outgoing, partitionOf } from 'qcc-core/kafka/wire/outgoing';
import { until } from '../harness/until.ts';

/** Messages that stand on their topic and come into sight all at once. */
export type Backlog = {
  /**
   * Commits them. @returns once a group has committed its offsets behind the last of them: how many seconds that took.
   * @throws Error if the group does not within ten minutes.
   */
  consumedBy(group: string): Promise<number>;
};

const POLL_MS = 20;
/** Less than a turn may take, so that the message says what was waited for. */
const CONSUMED_WITHIN_MS = 600_000;
/** Of the brokers the longest they allow. */
const TRANSACTION_TIMEOUT_MS = 900_000;

/**
 * Writes the messages in one transaction that stays open. All of them are of one topic, to which nothing else writes. Readers that have
 * joined wait for the end of the transaction, so neither their start nor the writing is part of the measured time.
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
        const isConsumed = async () => {
          const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
          return offsets!.partitions.every(({ partition, offset }) => BigInt(offset) >= ends.get(partition)!);
        };
        await until(
          `the group ${group} commits its offsets behind the backlog`,
          CONSUMED_WITHIN_MS,
          isConsumed,
          POLL_MS,
        );
        return (performance.now() - startedAt) / 1_000;
      } finally {
        await Promise.all([admin.disconnect(), producer.disconnect()]);
      }
    },
  };
}
