import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Kafka, Producer } from 'kafkajs';
import { cutByBytes } from './outbox.ts';
import type { Outgoing } from './outgoing.ts';

/** The way out beside transactions: at least once. */
export type Publisher = AsyncDisposable & {
  /**
   * Resolves once the messages are durable (acks=all). Rejects after kafkajs's retries; whether the messages are there
   * is unknown then. May take as long as Kafka is away: whoever cannot wait sets a deadline.
   *
   * What is published while a request is under way goes out together in the next one, in the order of the calls, and
   * fares alike: all of it is durable, or each of its callers is told that it may not be.
   */
  publish(messages: Iterable<Outgoing>): Promise<void>;
};

/**
 * One producer that sends one request after the other and is thrown away when one fails.
 *
 * Both matter. kafkajs takes a failed request's sequence numbers back, although the broker may have stored it and only
 * its answer was lost: the next request, sent after it or beside it, then bears the same numbers, and the broker takes
 * it for the repetition, says yes and stores nothing. A new producer has a new id, and numbers of its own.
 *
 * So throughput comes from what a request holds, never from a second one beside it.
 */
export async function openPublisher({ kafka, prefix }: { kafka: Kafka; prefix: string }): Promise<Publisher> {
  let producer: Producer | undefined = await connect(kafka);
  let underWay: Promise<unknown> = Promise.resolve();
  let next: { messages: Outgoing[]; sent: Promise<void> } | undefined;

  const send = async (messages: readonly Outgoing[]): Promise<void> => {
    producer ??= await connect(kafka);
    const current = producer;
    try {
      for (const topicMessages of cutByBytes(messages, prefix)) await current.sendBatch({ topicMessages, acks: -1 });
    } catch (error) {
      producer = undefined;
      void current.disconnect().catch(() => {});
      throw error;
    }
  };

  const gather = () => {
    const messages: Outgoing[] = [];
    const sent = underWay.then(endOfTurn).then(() => {
      next = undefined;
      return send(messages);
    });
    underWay = sent.catch(() => {});
    return { messages, sent };
  };

  return {
    async publish(messages) {
      const own = [...messages];
      next ??= gather();
      for (const message of own) next.messages.push(message);
      await next.sent;
    },
    [Symbol.asyncDispose]: async () => await producer?.disconnect(),
  };
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  return producer;
}
