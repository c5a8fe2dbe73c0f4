import type { Kafka, KafkaMessage } from 'kafkajs';
import { describeError } from 'qcc-core/base/errors';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { consume } from 'qcc-core/kafka/client/consume';
import { readTopic } from 'qcc-core/kafka/client/read-topic';
import { customerOfKey } from 'qcc-portfolio/member-key';
import { createPortfolioIndex, type PortfolioIndex } from 'qcc-portfolio/portfolio-index';
import type { Decoder } from './decoder.ts';
import { UndecodableError } from './errors.ts';
import type { Log } from './options.ts';

export type FollowInput = {
  kafka: Kafka;
  prefix: string;
  /** Prefix of the names of the reader's consumer groups. */
  group: string;
  portfolios: readonly string[];
  decoder: Decoder;
  sessionTimeoutMs: number;
  health: { set(part: string, problem: string | null): void };
  log: Log;
};

/**
 * Reads the topic `portfolio` whole, and then follows it until it is disposed.
 * @returns the customers, after everything that was committed at the call has been read
 * @throws errors of Kafka and of the registry
 */
export async function followPortfolio(input: FollowInput): Promise<Pick<PortfolioIndex, 'match'> & AsyncDisposable> {
  const { kafka, prefix, group, decoder, log } = input;
  const topic = topicName(prefix, TOPICS.portfolio);
  const index = createPortfolioIndex(input.portfolios);
  /** By key: a member of the group that joins again reads the topic again, and a tombstone must not be followed by older messages. */
  const offsets = new Map<string, bigint>();
  const apply = async ({ key, value, offset }: KafkaMessage): Promise<void> => {
    const name = String(key);
    if ((offsets.get(name) ?? -1n) >= BigInt(offset)) return;
    try {
      if (value !== null) index.apply(await decoder.decode('portfolio', value));
      else index.forget(customerOfKey(name));
      offsets.set(name, BigInt(offset));
    } catch (error) {
      if (!(error instanceof UndecodableError)) throw error;
      log.error(`${topic}, offset ${offset}: a customer is left out: ${describeError(error)}`);
    }
  };
  await readTopic({ kafka, topic, prefix: `${group}.`, onMessage: apply });
  if (index.size === 0) log.warn(`no customer is in the portfolios ${input.portfolios.join(', ')} of ${topic}`);
  const consumer = await consume({
    kafka,
    group: `${group}.portfolio`,
    readsAll: {},
    topics: [topic],
    sessionTimeoutMs: input.sessionTimeoutMs,
    concurrency: 1,
    health: input.health,
    healthPart: topic,
    log: forConsume(log),
    async onBatch({ messages }) {
      for (const message of messages) await apply(message);
      return undefined;
    },
  });
  return { match: index.match, [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose]() };
}

type ConsumeLog = Parameters<typeof consume>[0]['log'];

/** The consumer logs as pino does: an object, and a text. */
export const forConsume = (log: Log): ConsumeLog => {
  const textOf = (parts: unknown[]): string => String(parts.findLast((part) => typeof part === 'string') ?? '');
  return {
    warn: (...parts: unknown[]) => log.warn(textOf(parts)),
    error: (...parts: unknown[]) => log.error(textOf(parts)),
  } as ConsumeLog;
};
