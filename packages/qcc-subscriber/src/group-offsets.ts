import type { Kafka } from 'kafkajs';
import { askWhileSpreading, withAdmin } from 'qcc-core/kafka/client/ask-while-spreading';
import { topicOffsets } from 'qcc-core/kafka/client/topic-offsets';
import type { StartFacts } from './core/plan-start.ts';

/** What a group has committed of each partition; null where nothing. */
export const fetchGroupOffsets = (kafka: Kafka, group: string, topic: string): Promise<Map<number, bigint | null>> =>
  askWhileSpreading(() =>
    withAdmin(kafka, async (admin) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return new Map(
        offsets?.partitions.map(({ partition, offset }) => [partition, offset === '-1' ? null : BigInt(offset)]),
      );
    }),
  );

/** Asks for everything that a start depends on. */
export async function fetchStartFacts(
  kafka: Kafka,
  { topic, group, sinkGroup }: { topic: string; group: string; sinkGroup: string | null },
): Promise<StartFacts> {
  const committed = await fetchGroupOffsets(kafka, group, topic);
  const sink = sinkGroup === null ? new Map() : await fetchGroupOffsets(kafka, sinkGroup, topic);
  return { committed, sink, log: await topicOffsets(kafka, topic) };
}
