import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { derivedGroup, sinkGroup } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { askWhileSpreading, withAdmin } from 'qcc-core/kafka/client/ask-while-spreading';
import { holdsMessages } from 'qcc-core/kafka/client/read-topic';
import { type OffsetRange, topicOffsets } from 'qcc-core/kafka/client/topic-offsets';

const POLL_MS = 500;
/** Topics with personal data, each with a group of the sink that stores from it. */
const PERSONAL_TOPICS = [
  { topic: TOPICS.enrichedRecords, groupOf: sinkGroup },
  { topic: TOPICS.enrichedRecords, groupOf: derivedGroup },
  { topic: TOPICS.deadLetters, groupOf: sinkGroup },
  { topic: TOPICS.portfolio, groupOf: sinkGroup },
];

/**
 * Waits until the sink has committed all messages that were on the topics with personal data at the time of the call: a batch that it
 * began before it could know of an erasure is in the tables then, and no later one brings back what was erased.
 * @returns false where the signal ended the wait.
 */
export async function untilSinkPassed(
  { kafka, prefix }: { kafka: Kafka; prefix: string },
  signal: AbortSignal,
): Promise<boolean> {
  const ends: { topic: string; group: string; ranges: Map<number, OffsetRange> }[] = [];
  for (const { topic, groupOf } of PERSONAL_TOPICS) {
    const name = topicName(prefix, topic);
    ends.push({ topic: name, group: groupOf(prefix), ranges: await topicOffsets(kafka, name) });
  }
  const isBehind = async (admin: Admin): Promise<boolean> => {
    for (const { topic, group, ranges } of ends) {
      const [committed] = await askWhileSpreading(() => admin.fetchOffsets({ groupId: group, topics: [topic] }));
      const rest = [...ranges].map(([partition, { from, to }]) => {
        const offset = BigInt(committed?.partitions.find((each) => each.partition === partition)?.offset ?? -1);
        const next = offset > from ? offset : from;
        return [partition, { from: next < to ? next : to, to }] as const;
      });
      // The end may be the mark of a transaction, which nobody commits.
      if (await holdsMessages({ kafka, topic, prefix, signal }, new Map(rest))) return true;
    }
    return false;
  };
  return await withAdmin(kafka, async (admin) => {
    for (;;) {
      const isStillBehind = await isBehind(admin).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        return true;
      });
      if (!isStillBehind) return true;
      if (signal.aborted) return false;
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  });
}
