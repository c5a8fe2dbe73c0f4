import type { TopicPartition } from 'kafkajs';
import { DEAD_LETTER_REASONS, type DeadLetterReason } from '../../contract/dead-letter-reasons.ts';
import { partitionName } from '../../contract/topics.ts';

/** Too many messages in a row would become dead letters: something is wrong with more than the messages. */
export class DeadLetterRunError extends Error {
  override readonly name = 'DeadLetterRunError';
}

export type DeadLetterRuns = {
  /**
   * Takes the messages of a batch, in its order, before any of it is delivered.
   * @param reasonOf Why a message is to be a dead letter; null where it is good.
   * @returns what to call once the batch is committed; a batch that comes again is counted once.
   * @throws DeadLetterRunError where more dead letters than the limit would stand in a row, with none of the batch counted.
   */
  check<Message extends { offset: string }>(
    from: TopicPartition,
    messages: Iterable<Message>,
    reasonOf: (message: Message) => DeadLetterReason | null,
  ): () => void;
};

/**
 * The limit that stops a consumer rather than draining its topic into the bin: counts dead letters without a good message
 * between them, per partition. Thrown out of the batch, the error keeps offsets uncommitted and readiness false, and the
 * batch comes again: consumption goes on by itself once the messages can be read. Counts live in memory: a restart, or
 * another owner of the partition, begins at 0.
 */
export function createDeadLetterRuns({ limit }: { limit: number }): DeadLetterRuns {
  const runs = new Map<string, number>();
  return {
    check(from, messages, reasonOf) {
      const name = partitionName(from);
      let run = runs.get(name) ?? 0;
      for (const message of messages) {
        const reason = reasonOf(message);
        run = reason === null ? 0 : run + 1;
        if (reason !== null && run > limit) {
          throw new DeadLetterRunError(
            `${name} stops at offset ${message.offset}: ${run} messages in a row would be dead letters, the last for ${reason} (${DEAD_LETTER_REASONS[reason]}) Nothing of the batch is committed. Remove the cause and it goes on by itself, or restart with DEAD_LETTER_RUN_LIMIT above ${limit} to dead-letter them`,
          );
        }
      }
      return () => void runs.set(name, run);
    },
  };
}
