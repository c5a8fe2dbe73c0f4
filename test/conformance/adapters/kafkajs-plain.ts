import { Kafka, logLevel, type Transaction } from 'kafkajs';
import { type KafkaClient, type OpenClient, type Sent, TRANSACTION_TIMEOUT_MS } from '../client.ts';
import { createInbox } from './inbox.ts';
import { CONSUMER, committedOffsets, openReader, watch } from './kafkajs-reader.ts';

/** kafkajs without our patches and guards, except for the short first retry that transactions need. */
export const openKafkaJsPlain: OpenClient = async ({ brokers }) => kafkaJsClient(plainKafka(brokers));

const plainKafka = (brokers: readonly string[]): Kafka =>
  new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 30, maxRetryTime: 3_000, retries: 8 },
  });

function kafkaJsClient(kafka: Kafka): KafkaClient {
  return {
    async openTransactional({ id, input: { group, topic, partition } }) {
      const producer = kafka.producer({
        transactionalId: id,
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        transactionTimeout: TRANSACTION_TIMEOUT_MS,
      });
      await producer.connect();
      // The producer id is initialised lazily: an empty transaction forces it.
      await (await producer.transaction()).abort();
      let open: Transaction | undefined;
      const current = (): Transaction => {
        if (!open) throw new Error('no transaction is open');
        return open;
      };
      return {
        async begin() {
          open = await producer.transaction();
        },
        send: async (messages) => void (await current().sendBatch({ topicMessages: byTopic(messages) })),
        async commit(nextOffset) {
          if (nextOffset !== undefined) {
            await current().sendOffsets({
              consumerGroupId: group,
              topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
            });
          }
          await current().commit();
        },
        abort: async () => await current().abort(),
        close: () => producer.disconnect(),
      };
    },
    async openIdempotent() {
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
      await producer.connect();
      return {
        send: async (messages) => void (await producer.sendBatch({ topicMessages: byTopic(messages) })),
        close: () => producer.disconnect(),
      };
    },
    openReader: (from) => openReader(kafka, from),
    async joinGroup({ group, topic }) {
      const consumer = kafka.consumer({ ...CONSUMER, groupId: group });
      const inbox = createInbox();
      watch(consumer, inbox);
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const { key, offset } of batch.messages) {
            inbox.add({ topic, partition: batch.partition, key: String(key), offset: BigInt(offset) });
          }
          const offset = String(BigInt(batch.lastOffset()) + 1n);
          await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
        },
      });
      return { take: async () => inbox.take(), close: () => consumer.disconnect() };
    },
    committedOffsets: (asked) => committedOffsets(kafka, asked),
  };
}

function byTopic(messages: readonly Sent[]) {
  const topics = Map.groupBy(messages, ({ topic }) => topic);
  return [...topics].map(([topic, sent]) => ({
    topic,
    messages: sent.map(({ partition, key, value }) => ({ partition, key, value })),
  }));
}
