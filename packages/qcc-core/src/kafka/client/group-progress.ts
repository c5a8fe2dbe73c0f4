import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, TopicPartition } from 'kafkajs';
import { partitionName } from '../../contract/topics.ts';
import { askWhileSpreading, withAdmin } from './ask-while-spreading.ts';

/** An offset in a partition. */
export type Position = TopicPartition & { offset: bigint };

/** How far a consumer group has committed. */
export type GroupProgress = {
  /** Whether the group has committed this offset or a later one, by what the brokers say now. @throws errors of Kafka */
  hasReached(position: Position): Promise<boolean>;
  /** Resolves once it has. @throws errors of Kafka, and the reason of the signal when it aborts */
  untilReached(position: Position, signal: AbortSignal): Promise<void>;
};

const POLL_MS = 250;

export function createGroupProgress({
  kafka,
  group,
  topics,
}: {
  kafka: Kafka;
  group: string;
  /** Whose offsets to fetch. */
  topics: readonly string[];
}): GroupProgress {
  let asking: Promise<Map<string, bigint>> | undefined;

  const ask = async (): Promise<Map<string, bigint>> => {
    const offsets = await withAdmin(kafka, (admin) =>
      askWhileSpreading(() => admin.fetchOffsets({ groupId: group, topics: [...topics] })),
    );
    return new Map(
      offsets.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [partitionName({ topic, partition }), BigInt(offset)] as const),
      ),
    );
  };

  const hasReached = async ({ offset, ...place }: Position): Promise<boolean> => {
    // Those who ask at the same time share an answer.
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return ((await asking).get(partitionName(place)) ?? -1n) >= offset;
  };

  return {
    hasReached,
    async untilReached(position, signal) {
      while (!(await hasReached(position))) await sleep(POLL_MS, undefined, { signal });
    },
  };
}
