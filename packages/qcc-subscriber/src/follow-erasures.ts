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
  /** Readers have groups of their own, whose names begin with it. */
  group: string;
  decoder: Decoder;
  sessionTimeoutMs: number;
  health: { set(part: string, problem: string | null): void };
  log: Log;
};

export type Erasures = {
  isErased(record: { account: string; corpKeyNo: string; id: string }, from: 'history' | 'topic'): boolean;
  /**
   * Handles what was read, and then follows the topic until it is disposed. `isErased` knows of an erasure before it is handled.
   * @param erase What it throws is tried again, unless it is an error that ends the subscription.
   * @param fail Gets that error, once the topic is followed.
   * @throws errors of `erase`
   */
  follow(
    erase: (erasure: ErasedRecord) => Promise<void>,
    fail: (error: SubscriptionError) => void,
  ): Promise<AsyncDisposable>;
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
  const handle = async (erase: (erasure: ErasedRecord) => Promise<void>): Promise<void> => {
    for (const erasure of index.pending()) {
      await erase(erasure);
      index.markHandled(erasure);
    }
  };
  await readTopic({ kafka, topic, prefix: `${group}.`, onMessage: apply }).catch((cause) => {
    throw new SubscriptionError(
      `the topic ${topic} cannot be read: ${describeError(cause)}. It says what was erased; the user needs Read on it, and on groups that begin with ${group}.`,
      { cause },
    );
  });
  return {
    isErased: index.isErased,
    async follow(erase, fail) {
      await handle(erase);
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
            await handle(erase);
            return undefined;
          } catch (error) {
            if (!(error instanceof SubscriptionError)) throw error;
            fail(error);
            return { comesAgainAfter: NEVER };
          }
        },
      });
    },
  };
}

/** The subscription ends. */
const NEVER = new Promise<never>(() => {});
