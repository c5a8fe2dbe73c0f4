import type { Kafka } from 'kafkajs';
import { askWhileSpreading, withAdmin } from './ask-while-spreading.ts';

/** Offsets of one partition, `from` included and `to` not. */
export type OffsetRange = { from: bigint; to: bigint };

/**
 * What the topic holds of each partition for a `read_committed` reader now. Ends are last stable offsets: control records
 * count, an open transaction and all behind it do not, and neither does one that was committed a moment ago, until the
 * brokers have written its mark.
 */
export const topicOffsets = (kafka: Kafka, topic: string): Promise<Map<number, OffsetRange>> =>
  askWhileSpreading(async () => {
    const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, low, high }) => [partition, { from: BigInt(low), to: BigInt(high) }]));
  });
