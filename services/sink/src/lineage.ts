/** Where a message stands on its topic. */
export type Place = {
  topic: string;
  partition: number;
  /** Decimal text, as Kafka clients give it. */
  offset: string;
  /** When it was written, milliseconds since the epoch as decimal text. */
  timestamp: string;
};

/** The columns that lead from a row back to its message. */
export const lineage = ({ topic, partition, offset, timestamp }: Place) => ({
  source_topic: topic,
  source_partition: partition,
  source_offset: offset,
  source_time: Number(timestamp),
});
