import type { Kafka, KafkaMessage } from 'kafkajs';
import { describeError } from 'qcc-core/base/errors';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { consume } from 'qcc-core/kafka/client/consume';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { createErasureIndex } from './core/erasure-index.ts';
import type { Decoder } from './decoder.ts';
import { SubscriptionError, UndecodableError } from './errors.ts';
import { forConsume } from './follow-portfolio.ts';
import type { ErasedRecord } from './generated/topics.ts';
import type { Log } from './options.ts';

export type ErasuresInput = {
  kafka: Kafka;
  prefix: string;
  /** Prefix of the names of the reader's consumer groups. */
  group: string;
  decoder: Decoder;
  sessionTimeoutMs: number;
  health: { set(part: string, problem: string | null): void };
  log: Log;
};

export type ErasureHandling = {
  /** What it throws is tried again, unless it is an error that ends the subscription. */
  erase(erasure: ErasedRecord): Promise<void>;
  /** Called after some erasures: makes it durable that they were handled. */
  flush(): Promise<void>;
  /** Gets an error that ends the subscription, once the topic is followed. */
  fail(error: SubscriptionError): void;
};

export type Erasures = {
  isErased(record: { account: string; corpKeyNo: string; id: string }, from: 'history' | 'topic'): boolean;
  /**
   * Handles what was read, and then follows the topic until it is disposed. `isErased` knows of an erasure before it is handled.
   * @throws errors of `erase` and `flush` for what was read before
   */
  follow(handling: ErasureHandling): Promise<AsyncDisposable>;
};

/**
 * Reads the topic `erased-records` whole.
 * @throws SubscriptionError if it cannot be read
 */
export async function readErasures(input: ErasuresInput): Promise<Erasures> {
  const { kafka, prefix, group, decoder, log } = input;
  const topic = topicName(prefix, TOPICS.erasedRecords);
  const index = createErasureIndex();
  const apply = async ({ key, value, offset }: KafkaMessage): Promise<void> => {
    try {
      const erasure = value === null ? null : await decoder.decode('erased-records', value);
      index.apply(String(key), BigInt(offset), erasure);
    } catch (error) {
      if (!(error instanceof UndecodableError)) throw error;
      log.error(`${topic}, offset ${offset}: an erasure is left out: ${describeError(error)}`);
    }
  };
  const handle = async ({ erase, flush }: ErasureHandling): Promise<void> => {
    const pending = index.pending();
    for (const erasure of pending) {
      await erase(erasure);
      index.markHandled(erasure);
    }
    if (pending.length > 0) await flush();
  };
  await readTopic({ kafka, topic, prefix: `${group}.`, onMessage: apply }).catch((cause) => {
    throw new SubscriptionError(
      `the topic ${topic} cannot be read: ${describeError(cause)}. It says what was erased; the user needs Read on it, and on groups whose names begin with \`${group}.\`.`,
      { cause },
    );
  });
  return {
    isErased: index.isErased,
    async follow(handling) {
      await handle(handling);
      return await consume({
        kafka,
        group: `${group}.erasures`,
        readsAll: {},
        topics: [topic],
        sessionTimeoutMs: input.sessionTimeoutMs,
        concurrency: 1,
        health: input.health,
        healthPart: topic,
        log: forConsume(log),
        async onBatch({ messages }) {
          for (const message of messages) await apply(message);
          try {
            await handle(handling);
            return undefined;
          } catch (error) {
            if (!(error instanceof SubscriptionError)) throw error;
            handling.fail(error);
            return { comesAgainAfter: NEVER };
          }
        },
      });
    },
  };
}

/** The subscription ends. */
const NEVER = new Promise<never>(() => {});
