import type { KafkaMessage, TopicPartition } from 'kafkajs';

/** Where a message stands on its topic. */
export type Place = {
  topic: string;
  partition: number;
  /** Decimal text, as Kafka clients give it. */
  offset: string;
  /** When it was written, milliseconds since the epoch as decimal text. */
  timestamp: string;
};

/** The place of a message, which makes its texts when it is asked: tens of thousands are held until their rows are stored. */
export class MessagePlace implements Place {
  readonly topic: string;
  readonly partition: number;
  readonly #message: KafkaMessage;

  constructor({ topic, partition }: TopicPartition, message: KafkaMessage) {
    this.topic = topic;
    this.partition = partition;
    this.#message = message;
  }
  get offset(): string {
    return this.#message.offset;
  }
  get timestamp(): string {
    return this.#message.timestamp;
  }
}

/** The columns that lead from a row back to its message. */
export const lineage = ({ topic, partition, offset, timestamp }: Place) => ({
  source_topic: topic,
  source_partition: partition,
  source_offset: offset,
  source_time: Number(timestamp),
});
