import type { Kafka } from 'kafkajs';
import type { Settings } from '../settings.ts';
import type { KafkaSettings } from './connect.ts';
import { explainKafkaFailure } from './explain-failure.ts';
import { askWhileSpreading } from './topic-offsets.ts';
import { TOPICS, type TopicSpec, topicName } from './topics.ts';

/** Topics are missing, or are not as the table of topics has them. */
export class TopicsError extends Error {
  override readonly name = 'TopicsError';
}

/**
 * Creates the topics that are missing (KAFKA_TOPICS=apply) or says which are (check, needs no right to create). A
 * topic with another partition count is refused in both: keys and transactional ids depend on it.
 * @throws TopicsError
 */
export async function ensureTopics(
  kafka: Kafka,
  settings: KafkaSettings &
    Settings<'KAFKA_TOPICS' | 'KAFKA_REPLICATION_FACTOR' | 'KAFKA_MIN_INSYNC_REPLICAS' | 'TOPIC_PREFIX'>,
): Promise<void> {
  // Few retries: whoever starts a service wants to be told soon that the address is wrong.
  const admin = kafka.admin({ retry: { initialRetryTime: 100, retries: 3 } });
  const existing = await admin
    .connect()
    // A connection alone says little: a broker that wants a login ends it with the first question.
    .then(() => admin.listTopics())
    .catch(async (cause: unknown) => {
      await admin.disconnect();
      throw new TopicsError(explainKafkaFailure(cause, settings), { cause });
    });
  try {
    const wanted = new Map(
      Object.values<TopicSpec>(TOPICS).map((topic) => [topicName(settings.TOPIC_PREFIX, topic), topic]),
    );
    const missing = [...wanted].filter(([name]) => !existing.includes(name));
    if (missing.length > 0 && settings.KAFKA_TOPICS === 'check') {
      throw new TopicsError(
        `topics are missing: ${missing.map(([name, { partitions, cleanup }]) => `${name} (${partitions} partitions, cleanup.policy=${cleanup})`).join(', ')}; create them, or set KAFKA_TOPICS=apply`,
      );
    }
    if (missing.length > 0) {
      // False where another service was quicker; what counts is the state that is read back below.
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(([topic, spec]) => ({
          topic,
          numPartitions: spec.partitions,
          replicationFactor: settings.KAFKA_REPLICATION_FACTOR,
          configEntries: Object.entries(topicConfig(spec, settings.KAFKA_MIN_INSYNC_REPLICAS)).map(([name, value]) => ({
            name,
            value,
          })),
        })),
      });
    }
    // Right after its creation a topic may not be known everywhere yet.
    const { topics } = await askWhileSpreading(() => admin.fetchTopicMetadata({ topics: [...wanted.keys()] }));
    const odd = topics.filter(({ name, partitions }) => partitions.length !== wanted.get(name)?.partitions);
    if (odd.length > 0) {
      throw new TopicsError(
        `topics have another partition count than the contract: ${odd.map(({ name, partitions }) => `${name} has ${partitions.length}, not ${wanted.get(name)?.partitions}`).join(', ')}; use another TOPIC_PREFIX`,
      );
    }
  } finally {
    await admin.disconnect();
  }
}

/** The topic's own configuration, as brokers name it. */
export function topicConfig(spec: TopicSpec, minInsyncReplicas: number): Record<string, string> {
  return {
    'cleanup.policy': spec.cleanup,
    'retention.ms': String(spec.retentionMs),
    'max.message.bytes': String(spec.maxMessageBytes),
    'min.insync.replicas': String(minInsyncReplicas),
  };
}
