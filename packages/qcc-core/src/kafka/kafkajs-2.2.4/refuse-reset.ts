/**
 * Keeps a consumer of kafkajs 2.2.4 from starting over when its position is no longer in the log. Importing this file is enough.
 *
 * If a broker answers OFFSET_OUT_OF_RANGE, kafkajs commits the offset -2 ("the earliest") for the group and reads from there.
 * There are three possible reasons, and reading from the start is right for only one of them:
 * - the position is below the log's start, because retention deleted messages that were not read. The consumer goes on at the start, and
 *   `unreadDeleted` says so;
 * - the broker is not up to date: it leads no longer, or leads since a moment ago. The consumer goes on where it was, and asks the
 *   leader;
 * - the position is beyond the log's end, because an unclean leader election lost messages, or the topic was created again.
 *   Other messages then get the same offsets, so the consumer ends with `LogTruncatedError`.
 */
import { channel } from 'node:diagnostics_channel';
import type { TopicPartition } from 'kafkajs';
import pRetry from 'p-retry';
import { END_RETRIES } from '../../base/backoff.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

/** The log no longer contains messages that the consumer has read. Other messages may have their offsets. */
export class LogTruncatedError extends Error {
  override readonly name = 'LogTruncatedError';
  /** kafkajs must not repeat the fetch. */
  readonly retriable = false;
  readonly topic: string;
  readonly partition: number;
  /** Up to where the log still is the one that was read; or where it ended, if that is not known. */
  readonly end: string;

  constructor({ topic, partition, position, end }: TopicPartition & { position: string; end: string }) {
    super(
      `the brokers lost messages of ${topic}/${partition} from offset ${end} on, and it was read up to ${position} already. There was an unclean leader election, or the topic was created again`,
    );
    this.topic = topic;
    this.partition = partition;
    this.end = end;
  }
}

/** Messages from `position` up to `start` that retention deleted before the group read them. */
export type UnreadDeleted = TopicPartition & { groupId: string; position: string; start: string };

/** Gets `UnreadDeleted` of all consumers of the process. */
export const unreadDeleted = channel('qcc.kafka.unread-deleted');

type OffsetManager = {
  cluster: {
    refreshMetadata(): Promise<void>;
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<{ partitions: { offset: string }[] }[]>;
  };
  groupId: string;
  nextOffset(topic: string, partition: number): { toString(): string };
  resolvedOffsets: Record<string, Record<number, string>>;
  setDefaultOffset(this: OffsetManager, topicPartition: TopicPartition): Promise<void>;
};

const { prototype } = kafkaJsModule<{ prototype: OffsetManager }>('consumer/offsetManager/index.js');
requireShape('OffsetManager.setDefaultOffset', prototype.setDefaultOffset, [
  'coordinator.offsetCommit',
  'defaultOffset',
]);
requireShape('OffsetManager', prototype.constructor, ['this.groupId = groupId']);
requireShape('OffsetManager.nextOffset', prototype.nextOffset, ['this.resolvedOffsets[topic][partition]']);

prototype.setDefaultOffset = async function goOnOrRefuse(topicPartition) {
  const position = this.nextOffset(topicPartition.topic, topicPartition.partition).toString();
  const start = await pRetry(
    async () => {
      await this.cluster.refreshMetadata();
      const [start, end] = [
        await offsetOf(this, topicPartition, { isStart: true }),
        await offsetOf(this, topicPartition, { isStart: false }),
      ];
      if (BigInt(position) > BigInt(end)) throw new LogTruncatedError({ ...topicPartition, position, end });
      return start;
    },
    { ...END_RETRIES, shouldRetry: ({ error }) => error instanceof LogTruncatedError },
  );
  if (BigInt(position) >= BigInt(start)) return;
  this.resolvedOffsets[topicPartition.topic]![topicPartition.partition] = start;
  unreadDeleted.publish({ ...topicPartition, groupId: this.groupId, position, start } satisfies UnreadDeleted);
};

/** The offset that the leader reports. @throws errors of kafkajs, which has retried the temporary ones */
async function offsetOf(
  { cluster }: OffsetManager,
  { topic, partition }: TopicPartition,
  { isStart }: { isStart: boolean },
): Promise<string> {
  const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: isStart }]);
  const offset = found?.partitions[0]?.offset;
  if (offset === undefined) throw new TypeError(`kafkajs gives no offset of ${topic}/${partition}`);
  return offset;
}
