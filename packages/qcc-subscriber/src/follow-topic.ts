import type { Kafka } from 'kafkajs';
import { UndecodableError as CoreUndecodableError } from 'qcc-core/avro/undecodable-error';
import type { TopicSpec } from 'qcc-core/contract/topics';
import { followTopic as followInCore } from 'qcc-core/kafka/exactly-once/follow-topic';
import type { DecodedTopic, Decoder } from './decoder.ts';
import { UndecodableError } from './errors.ts';
import type { TopicValues } from './generated/topics.ts';
import type { Log } from './options.ts';

export type FollowInput = {
  kafka: Kafka;
  prefix: string;
  /** Begins the names of the reader's consumer groups. */
  group: string;
  decoder: Decoder;
  sessionTimeoutMs: number;
  health: { set(part: string, problem: string | null): void };
  log: Log;
};

/** `followTopic` of the core, with the decoder of this package. */
export const followTopic = <Topic extends DecodedTopic>(
  { decoder, log, ...input }: FollowInput,
  following: {
    topic: TopicSpec & { name: Topic };
    onValue(value: TopicValues[Topic], key: string): void;
    onTombstone(key: string): void;
  },
): Promise<AsyncDisposable> =>
  followInCore<TopicValues[Topic]>({
    ...input,
    ...following,
    log: toCoreLog(log),
    decode: (bytes) =>
      decoder.decode(following.topic.name, bytes).catch((error: unknown) => {
        throw error instanceof UndecodableError ? new CoreUndecodableError(error.message, { cause: error }) : error;
      }),
  });

type CoreLog = Parameters<typeof followInCore>[0]['log'];

/** The core logs as pino does: an object, and a text. */
export const toCoreLog = (log: Log): CoreLog => {
  const textOf = (parts: unknown[]): string => String(parts.findLast((part) => typeof part === 'string') ?? '');
  return {
    warn: (...parts: unknown[]) => log.warn(textOf(parts)),
    error: (...parts: unknown[]) => log.error(textOf(parts)),
  } as CoreLog;
};
