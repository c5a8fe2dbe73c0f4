import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Kafka, Producer } from 'kafkajs';
import pRetry from 'p-retry';
import { innermostCause } from './innermost-cause.ts';
import { cutByBytes } from './outbox.ts';
import type { Outgoing } from './outgoing.ts';
import { SENDS_ONCE, sendOnce } from './send-once.ts';

/** Publishes outside transactions, at least once. */
export type Publisher = AsyncDisposable & {
  /**
   * Resolves once the messages are durable (acks=all). If a request fails, it is sent again for about fifteen seconds, so that
   * messages may be stored more than once; their readers deduplicate. Then, or at once if the brokers refuse the messages
   * themselves, it rejects, and whether the messages are there is unknown. It may block for as long as Kafka is away: a caller
   * that cannot wait sets a deadline.
   *
   * Messages that are published while a request is under way go out together in the next one, in the order of the calls. Either
   * all of them are durable, or all of their callers are told that they may not be.
   */
  publish(messages: Iterable<Outgoing>): Promise<void>;
};

/** Longer than a leader election takes. */
const RETRIES = { retries: 8, minTimeout: 100, maxTimeout: 3_000 };

/**
 * One producer that sends one request after the other, and is replaced when one fails.
 *
 * Both matter. kafkajs takes back the sequence numbers of a failed request, although the broker may have stored it and only the
 * response was lost. The next request would have the same numbers, and the broker would take it for a repetition, acknowledge it
 * and store nothing. A new producer has a new id, and numbers of its own. It also asks for the leaders again.
 *
 * So throughput comes from the size of the requests, never from a second one at the same time.
 */
export async function openPublisher({ kafka, prefix }: { kafka: Kafka; prefix: string }): Promise<Publisher> {
  const closing = new AbortController();
  let producer: Producer | undefined = await connect(kafka);
  let underWay: Promise<unknown> = Promise.resolve();
  let next: { messages: Outgoing[]; sent: Promise<void> } | undefined;

  const send = async (messages: readonly Outgoing[]): Promise<void> => {
    producer ??= await connect(kafka);
    const current = producer;
    try {
      for (const request of cutByBytes(messages, prefix)) await sendOnce((batch) => current.sendBatch(batch), request);
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
      return pRetry(() => send(messages), {
        ...RETRIES,
        signal: closing.signal,
        shouldRetry: ({ error }) => isPassing(error),
      });
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
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the publisher is closed'));
      await producer?.disconnect();
    },
  };
}

/** kafkajs marks what no repetition can change, such as a message that is too large. */
const isPassing = (error: Error): boolean => {
  const cause = innermostCause(error);
  return (
    !(cause instanceof TypeError) && !(cause instanceof Error && 'retriable' in cause && cause.retriable === false)
  );
};

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({ ...SENDS_ONCE, allowAutoTopicCreation: false });
  try {
    await producer.connect();
  } catch (error) {
    void producer.disconnect().catch(() => {});
    throw error;
  }
  return producer;
}
