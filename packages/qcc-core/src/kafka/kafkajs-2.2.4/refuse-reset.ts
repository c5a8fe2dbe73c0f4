/**
 * Keeps a consumer of kafkajs 2.2.4 from starting over when its position is no longer in the log. Importing this file is enough.
 *
 * If a broker answers OFFSET_OUT_OF_RANGE, kafkajs commits the offset -2 ("the earliest") for the group and reads from there.
 * There are two possible reasons, and reading from the start is right for only one of them:
 * - the position is below the log's start, because retention deleted messages that were not read. The consumer goes on at the start;
 * - the position is beyond the log's end, because an unclean leader election lost messages, or the topic was created again.
 *   Other messages then get the same offsets, so the consumer ends with `OffsetBeyondEndError`.
 */
import { kafkaJsModule, requireShape } from './guard.ts';

/** A consumer's position is beyond the end of the log: messages that it has read are no longer there. */
export class OffsetBeyondEndError extends Error {
  override readonly name = 'OffsetBeyondEndError';
  /** kafkajs must not repeat the fetch. */
  readonly retriable = false;
  readonly topic: string;
  readonly partition: number;

  constructor({ topic, partition, position }: { topic: string; partition: number; position: string }) {
    super(
      `${topic}/${partition} ends before offset ${position}, which was read already: the brokers lost messages (unclean leader election), or the topic was created again`,
    );
    this.topic = topic;
    this.partition = partition;
  }
}

type Place = { topic: string; partition: number };
type OffsetManager = {
  cluster: {
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<{ partitions: { offset: string }[] }[]>;
  };
  nextOffset(topic: string, partition: number): { toString(): string };
  resolvedOffsets: Record<string, Record<number, string>>;
  setDefaultOffset(this: OffsetManager, place: Place): Promise<void>;
};

const { prototype } = kafkaJsModule<{ prototype: OffsetManager }>('consumer/offsetManager/index.js');
requireShape('OffsetManager.setDefaultOffset', prototype.setDefaultOffset, [
  'coordinator.offsetCommit',
  'defaultOffset',
]);
requireShape('OffsetManager.nextOffset', prototype.nextOffset, ['this.resolvedOffsets[topic][partition]']);

prototype.setDefaultOffset = async function goOnAtStart({ topic, partition }) {
  const position = this.nextOffset(topic, partition).toString();
  const [found] = await this.cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: true }]);
  const start = found?.partitions[0]?.offset;
  if (start === undefined || BigInt(position) >= BigInt(start)) {
    throw new OffsetBeyondEndError({ topic, partition, position });
  }
  this.resolvedOffsets[topic]![partition] = start;
};
