import type { TopicPartition } from 'kafkajs';
import { DEAD_LETTER_REASONS, type DeadLetterReason } from '../../contract/dead-letter-reasons.ts';
import { partitionName } from '../../contract/topics.ts';

/** Too many messages in a row would become dead letters: the messages are probably not at fault. */
export class DeadLetterRunError extends Error {
  override readonly name = 'DeadLetterRunError';
}

export type DeadLetterRuns = {
  /**
   * Call this with the messages of a batch, in order, before any of them is processed.
   * @param reasonOf Why a message must become a dead letter; null if it is good.
   * @returns a function to call once the batch is committed. Only then the batch counts, so a retried batch counts once.
   * @throws DeadLetterRunError if there would be more dead letters in a row than the limit. Then nothing of the batch counts.
   */
  check<Message extends { offset: string }>(
    from: TopicPartition,
    messages: Iterable<Message>,
    reasonOf: (message: Message) => DeadLetterReason | null,
  ): () => void;
};

/**
 * Stops a consumer before it turns its whole topic into dead letters. It counts dead letters without a good message between
 * them, per partition. The batch must let the error through: then no offset is committed, the service is not ready, and the batch
 * is retried. Consumption resumes by itself once the messages can be read. Counts are in memory: after a restart, or with another
 * owner of the partition, they begin at 0.
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
            `${name} stops at offset ${message.offset}: ${run} messages in a row would be dead letters, the last for ${reason} (${DEAD_LETTER_REASONS[reason]}) Nothing of the batch is committed. Remove the cause, and consumption resumes by itself, or restart with DEAD_LETTER_RUN_LIMIT above ${limit} to dead-letter them`,
          );
        }
      }
      return () => void runs.set(name, run);
    },
  };
}
