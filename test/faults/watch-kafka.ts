import type { Consumer, Kafka, Producer, ProducerBatch, Transaction } from 'kafkajs';
import { sentMessages } from 'qcc-core/testing/sent-messages';
import type { Step } from './fail-points.ts';

type Reach = (step: Partial<Step>) => void;

/** The same client, whose writes and commits are told to `reach` before they are sent and after they were answered. */
export function watchKafka(kafka: Kafka, { prefix, reach }: { prefix: string; reach: Reach }): Kafka {
  const isTombstone = ({ key, value }: { key: Buffer; value: Buffer | null }): boolean =>
    value === null && !key.toString().startsWith('~marker/');
  const summary = async ({ topicMessages = [] }: ProducerBatch) => {
    const pending = topicMessages.filter(({ topic }) => topic === `${prefix}pending-details`);
    return {
      topics: new Set(topicMessages.map(({ topic }) => topic.slice(prefix.length))),
      settles: (await Promise.all(pending.map(sentMessages))).flat().some(isTombstone),
    };
  };

  const watchTransaction = (transaction: Transaction): Transaction => {
    const topics = new Set<string>();
    let settles = false;
    let endsInput = false;
    return override(transaction, {
      async sendBatch(batch) {
        const written = await summary(batch);
        reach({ when: 'before', what: 'produce', ...written });
        const result = await transaction.sendBatch(batch);
        for (const topic of written.topics) topics.add(topic);
        settles ||= written.settles;
        reach({ when: 'after', what: 'produce', ...written });
        return result;
      },
      async sendOffsets(offsets) {
        await transaction.sendOffsets(offsets);
        endsInput = true;
      },
      async commit() {
        reach({ when: 'before', what: 'commit', topics, settles, endsInput });
        await transaction.commit();
        reach({ when: 'after', what: 'commit', topics, settles, endsInput });
      },
    });
  };

  const watchProducer = (producer: Producer): Producer =>
    override(producer, {
      async sendBatch(batch) {
        const written = await summary(batch);
        reach({ when: 'before', what: 'publish', ...written });
        const result = await producer.sendBatch(batch);
        reach({ when: 'after', what: 'publish', ...written });
        return result;
      },
      transaction: async () => watchTransaction(await producer.transaction()),
    });

  const watchConsumer = (consumer: Consumer): Consumer =>
    override(consumer, {
      async commitOffsets(offsets) {
        reach({ when: 'before', what: 'commit offsets' });
        await consumer.commitOffsets(offsets);
        reach({ when: 'after', what: 'commit offsets' });
      },
    });

  return override(kafka, {
    producer: (config) => watchProducer(kafka.producer(config)),
    consumer: (config) => watchConsumer(kafka.consumer(config)),
  });
}

const override = <Target extends object>(target: Target, methods: Partial<Target>): Target =>
  new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
