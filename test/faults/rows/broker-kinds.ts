import { TOPICS, type TopicSpec, topicName } from 'qcc-core/contract/topics';
import { topicConfig } from 'qcc-core/kafka/client/topic-config';
import type { TestBed } from '../../harness/pipeline.ts';
import { createQuietKafka } from '../../harness/quiet-kafka.ts';
import type { FaultInput, ReadTopics, RowFigures } from '../row.ts';
import { runKills } from './kills.ts';

/** How the topics of a row differ from those that the services create. */
export type TopicKind = {
  /** For the row's name. */
  name: string;
  /** For the page. */
  title: string;
  config: Readonly<Record<string, string>>;
};

export const AS_CREATED: TopicKind = { name: '', title: '', config: {} };
export const OTHER_KINDS: readonly TopicKind[] = [
  { name: 'zstd', title: ', topics with zstd', config: { 'compression.type': 'zstd' } },
  { name: 'lz4', title: ', topics with lz4', config: { 'compression.type': 'lz4' } },
  {
    name: 'log-append-time',
    title: ', topics with LogAppendTime',
    config: { 'message.timestamp.type': 'LogAppendTime' },
  },
];

/** The platform's topics are there before the services start. Then kill -9 at named points. */
export async function runOnTopics(
  bed: TestBed,
  { config, ...input }: FaultInput<'kills'> & Pick<TopicKind, 'config'> & { readTopics: ReadTopics },
): Promise<RowFigures> {
  await createTopics(bed, config);
  return await runKills(bed, { ...input, orderRecords: 300 });
}

async function createTopics(bed: TestBed, config: TopicKind['config']): Promise<void> {
  const admin = createQuietKafka(bed.stack.KAFKA_BROKERS).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: Object.values<TopicSpec>(TOPICS).map((spec) => ({
        topic: topicName(bed.prefix, spec),
        numPartitions: spec.partitions,
        replicationFactor: 1,
        configEntries: Object.entries({ ...topicConfig(spec, 1), ...config }).map(([name, value]) => ({ name, value })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}
