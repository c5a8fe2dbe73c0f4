import type { Kafka } from 'kafkajs';
import { askWhileSpreading, withAdmin } from './ask-while-spreading.ts';

/** Offsets of one partition, `from` included and `to` not. */
export type OffsetRange = { from: bigint; to: bigint };

/**
 * Returns the offsets that a `read_committed` reader can read now, by partition. Ends are last stable offsets. Control records are
 * included. The messages of an open transaction, and everything after them, are not. A committed transaction counts as open until the
 * brokers have written its marker.
 */
export const topicOffsets = (kafka: Kafka, topic: string): Promise<Map<number, OffsetRange>> =>
  askWhileSpreading(async () => {
    const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, low, high }) => [partition, { from: BigInt(low), to: BigInt(high) }]));
  });
