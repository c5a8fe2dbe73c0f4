import type { Admin } from 'kafkajs';
import { askWhileSpreading } from 'qcc-core/kafka/client/ask-while-spreading';
import type { TestBed } from '../harness/pipeline.ts';
import { createQuietKafka } from '../harness/quiet-kafka.ts';

/** What of the broker the rows look at, and the topics they make for peers. */
export type KafkaView = AsyncDisposable & {
  admin: Admin;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** The sum of the offsets that a group has committed on a topic; partitions without one count nothing. */
  committed(group: string, topic: string): Promise<number>;
  /** `Stable`: the group's members have their partitions. */
  isIn(state: 'Stable' | 'Empty', group: string): Promise<boolean>;
  /** The sum of the topic's end offsets: control records of transactions are among them. */
  written(topic: string): Promise<number>;
};

export async function openKafkaView(bed: TestBed): Promise<KafkaView> {
  const admin = createQuietKafka(bed.stack.KAFKA_BROKERS).admin();
  await admin.connect();
  return {
    admin,
    async createTopic(topic, numPartitions) {
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, replicationFactor: 1 }] });
      await askWhileSpreading(() => admin.fetchTopicMetadata({ topics: [topic] }));
    },
    async committed(groupId, topic) {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return sum((offsets?.partitions ?? []).map(({ offset }) => Math.max(0, Number(offset))));
    },
    isIn: async (state, group) => (await admin.describeGroups([group])).groups[0]?.state === state,
    written: async (topic) => sum((await admin.fetchTopicOffsets(topic)).map(({ offset }) => Number(offset))),
    [Symbol.asyncDispose]: () => admin.disconnect(),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
