import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { sinkGroup } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { askWhileSpreading, withAdmin } from 'qcc-core/kafka/client/ask-while-spreading';
import { holdsMessages } from 'qcc-core/kafka/client/read-topic';
import { type OffsetRange, topicOffsets } from 'qcc-core/kafka/client/topic-offsets';

const POLL_MS = 500;
const PERSONAL_TOPICS = [TOPICS.enrichedRecords, TOPICS.deadLetters, TOPICS.portfolio];

/**
 * Waits until the sink has committed everything that stood on the topics with personal data at the call: a batch that it
 * began before it could know of an erasure is in the tables then, and no later one brings back what was erased.
 * @returns false where the signal ended the wait.
 */
export async function untilSinkPassed(
  { kafka, prefix }: { kafka: Kafka; prefix: string },
  signal: AbortSignal,
): Promise<boolean> {
  const ends = new Map<string, Map<number, OffsetRange>>();
  for (const topic of PERSONAL_TOPICS) {
    const name = topicName(prefix, topic);
    ends.set(name, await topicOffsets(kafka, name));
  }
  return await withAdmin(kafka, async (admin) => {
    for (;;) {
      const committed = await askWhileSpreading(() =>
        admin.fetchOffsets({ groupId: sinkGroup(prefix), topics: [...ends.keys()] }),
      );
      let isBehind = false;
      for (const [topic, ranges] of ends) {
        const offsets = committed.find((each) => each.topic === topic)?.partitions ?? [];
        const rest = [...ranges].map(([partition, { from, to }]) => {
          const offset = BigInt(offsets.find((each) => each.partition === partition)?.offset ?? -1);
          const next = offset > from ? offset : from;
          return [partition, { from: next < to ? next : to, to }] as const;
        });
        // The end may be the mark of a transaction, which nobody commits.
        isBehind ||= await holdsMessages({ kafka, topic, prefix }, new Map(rest));
      }
      if (!isBehind) return true;
      if (signal.aborted) return false;
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  });
}
