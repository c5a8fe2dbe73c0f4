import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Kafka, Producer } from 'kafkajs';
import pRetry from 'p-retry';
import { ELECTION_RETRIES } from '../../base/backoff.ts';
import type { Outgoing } from '../wire/outgoing.ts';
import { innermostCause } from './errors.ts';
import { fitsTopic, MessageTooLargeError } from './message-too-large-error.ts';
import { cutByBytes } from './outbox.ts';
import { refusalOf } from './refusal.ts';
import { SENDS_ONCE, sendOnce } from './send-once.ts';

/** Publishes outside transactions, at least once. */
export type Publisher = AsyncDisposable & {
  /**
   * Resolves once the messages are durable (acks=all). If a request fails, it is sent again for about twelve seconds, plus the
   * time of the attempts, so that messages may be stored more than once; their readers deduplicate. After that it rejects; if the
   * brokers refuse the messages themselves, it rejects at once. Messages of a call that rejects may be stored. It may block for as
   * long as Kafka is away: a caller that cannot wait sets a deadline.
   *
   * Messages that are published while a request is under way go out together in the next one, in the order of the calls. Either
   * all of them are durable, or all of these calls reject. If Kafka refuses such a request for good, the messages of each call
   * are sent again alone, so that only the call at fault rejects.
   * @throws MessageTooLargeError at once, and nothing of the call is sent.
   */
  publish(messages: Iterable<Outgoing>): Promise<void>;
};

/** One call; `failure` is set if only this call of its request failed. */
type Call = { messages: readonly Outgoing[]; failure?: { error: unknown } };

/**
 * One producer that sends one request after the other, and is replaced when one fails.
 *
 * Both matter. kafkajs takes back the sequence numbers of a failed request, although the broker may have stored it and only the
 * response was lost. The next request would have the same numbers, and the broker would take it for a repetition, acknowledge it
 * and store nothing. A new producer has a new id and its own numbers. It also asks for the leaders again.
 *
 * So throughput comes from the size of the requests, never from a second one at the same time.
 */
export async function openPublisher({ kafka, prefix }: { kafka: Kafka; prefix: string }): Promise<Publisher> {
  const closing = new AbortController();
  let producer: Producer | undefined = await connect(kafka);
  let underWay: Promise<unknown> = Promise.resolve();
  let next: { calls: Call[]; sent: Promise<void> } | undefined;

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

  const sendPatiently = (messages: readonly Outgoing[]): Promise<void> =>
    pRetry(() => send(messages), {
      ...ELECTION_RETRIES,
      signal: closing.signal,
      shouldRetry: ({ error }) => isPassing(error),
    });

  const sendCalls = async (calls: readonly Call[]): Promise<void> => {
    try {
      await sendPatiently(calls.flatMap(({ messages }) => messages));
    } catch (error) {
      if (calls.length === 1 || refusalOf(error) === null) throw error;
      for (const call of calls)
        await sendPatiently(call.messages).catch((ofCall: unknown) => {
          call.failure = { error: ofCall };
        });
    }
  };

  const gather = () => {
    const calls: Call[] = [];
    const sent = underWay.then(endOfTurn).then(() => {
      next = undefined;
      return sendCalls(calls);
    });
    underWay = sent.catch(() => {});
    return { calls, sent };
  };

  return {
    async publish(messages) {
      const call: Call = { messages: [...messages] };
      const tooLarge = call.messages.find((message) => !fitsTopic(message));
      if (tooLarge) throw new MessageTooLargeError(tooLarge);
      next ??= gather();
      next.calls.push(call);
      await next.sent;
      if (call.failure) throw call.failure.error;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the publisher is closed'));
      await producer?.disconnect();
    },
  };
}

/** Whether sending again may help. kafkajs marks errors that are permanent, such as a message that is too large. */
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
