import kafkajs, { type Admin, type ITopicMetadata, type Kafka } from 'kafkajs';
import pRetry from 'p-retry';
import { describeError } from '../../base/errors.ts';
import type { Settings } from '../../base/settings.ts';
import { TOPICS, type TopicSpec, topicName } from '../../contract/topics.ts';
import { askWhileSpreading } from './ask-while-spreading.ts';
import type { KafkaSettings } from './connect.ts';
import { protocolErrorType } from './errors.ts';
import { explainKafkaFailure } from './explain-failure.ts';
import { planReplication, type Replication } from './replication.ts';
import { requireBrokers } from './require-brokers.ts';
import { checkTopicConfig, topicConfig } from './topic-config.ts';

/** Topics are missing, or are not as the table of topics has them. */
export class TopicsError extends Error {
  override readonly name = 'TopicsError';
}

/**
 * Creates missing topics (KAFKA_TOPICS=apply) or names them in an error (check, which needs no right to create). In both modes it
 * refuses a topic with another partition count, because keys and transactional ids depend on it, and a topic with another cleanup
 * policy. It refuses a topic with a single replica, unless that is set or the brokers are on loopback. It creates nothing on brokers
 * that are too old.
 * @returns warnings for people: topics with fewer replicas or a weaker configuration than the contract, or a failed check.
 * @throws TopicsError, BrokerVersionError
 */
export async function ensureTopics(
  kafka: Kafka,
  settings: KafkaSettings &
    Settings<'KAFKA_TOPICS' | 'KAFKA_REPLICATION_FACTOR' | 'KAFKA_MIN_INSYNC_REPLICAS' | 'TOPIC_PREFIX'>,
): Promise<string[]> {
  // Few retries: a person who starts a service should soon see that the address is wrong.
  const admin = kafka.admin({ retry: { initialRetryTime: 100, retries: 3 } });
  const wanted = new Map(
    Object.values<TopicSpec>(TOPICS).map((topic) => [topicName(settings.TOPIC_PREFIX, topic), topic]),
  );
  const missingNames = await admin
    .connect()
    // A connection alone proves little: a broker that requires a login closes it at the first request.
    .then(() => findMissing(admin, [...wanted.keys()]))
    .catch(async (cause: unknown) => {
      await admin.disconnect();
      throw new TopicsError(explainKafkaFailure(cause, settings), { cause });
    });
  try {
    const replication = planReplication(settings, await requireBrokers(kafka));
    const missing = [...wanted].filter(([name]) => missingNames.includes(name));
    if (missing.length > 0 && settings.KAFKA_TOPICS === 'check') {
      throw new TopicsError(
        `topics are missing: ${missing.map(([name, { partitions, cleanup }]) => `${name} (${partitions} partitions, cleanup.policy=${cleanup})`).join(', ')}; start a service once with KAFKA_TOPICS=apply, the default, which creates them, or create them manually`,
      );
    }
    if (missing.length > 0) {
      if (replication.factor === 1 && replication.singleRefusal !== null) {
        throw new TopicsError(`topics are not created: ${replication.singleRefusal}`);
      }
      // Returns false if another service was faster. Only the state that is read back below counts.
      await admin.createTopics({
        // kafkajs's own wait fails if the broker that it asks does not know the topic yet. The request below is repeated.
        waitForLeaders: false,
        topics: missing.map(([topic, spec]) => ({
          topic,
          numPartitions: spec.partitions,
          replicationFactor: replication.factor,
          configEntries: Object.entries(topicConfig(spec, replication.minInsyncReplicas)).map(([name, value]) => ({
            name,
            value,
          })),
        })),
      });
    }
    // Right after its creation a topic may not be known everywhere yet.
    const { topics } = await askWhileSpreading(() => admin.fetchTopicMetadata({ topics: [...wanted.keys()] }));
    const otherCounts = topics.filter(({ name, partitions }) => partitions.length !== wanted.get(name)?.partitions);
    if (otherCounts.length > 0) {
      throw new TopicsError(
        `topics have another partition count than the contract: ${otherCounts.map(({ name, partitions }) => `${name} has ${partitions.length}, not ${wanted.get(name)?.partitions}`).join(', ')}; use another TOPIC_PREFIX`,
      );
    }
    const fewCopies = checkReplicas(topics, replication);
    // While another service creates a topic, a broker may know it already, and not yet its configuration.
    const { minInsyncReplicas } = replication;
    const odd = await pRetry(() => checkConfigs(admin, { wanted, minInsyncReplicas }), {
      retries: 6,
      minTimeout: 100,
      maxTimeout: 1_000,
      shouldRetry: ({ error }) => error instanceof TopicsError,
    });
    return [...fewCopies, ...odd];
  } finally {
    await admin.disconnect();
  }
}

/**
 * Asks about each topic separately, because a request for all topics fails while any partition in the cluster has no leader, even
 * one of another application.
 * @returns the names that the cluster does not have.
 */
async function findMissing(admin: Admin, names: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) {
    try {
      await admin.fetchTopicMetadata({ topics: [name] });
    } catch (error) {
      const type = protocolErrorType(error);
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION') missing.push(name);
      else if (type !== 'LEADER_NOT_AVAILABLE') throw error;
    }
  }
  return missing;
}

/**
 * @returns the topics with fewer replicas than are set, for people.
 * @throws TopicsError for a single replica that nobody chose.
 */
function checkReplicas(topics: readonly ITopicMetadata[], { factor, singleRefusal }: Replication): string[] {
  const counts = topics.map(({ name, partitions }) => {
    return { name, replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)) };
  });
  const single = counts.filter(({ replicas }) => replicas === 1);
  if (single.length > 0 && singleRefusal !== null) {
    throw new TopicsError(
      `topics have one replica: ${single.map(({ name }) => name).join(', ')}; ${singleRefusal}. Topics that exist get more replicas at the brokers`,
    );
  }
  return counts
    .filter(({ replicas }) => replicas < factor)
    .map(({ name, replicas }) => `topic ${name} has ${replicas} replicas, not ${factor}`);
}

// Node finds only the first names of a CommonJS module; the bundler of the tests finds this one too.
const { ConfigResourceTypes } = kafkajs;

/** Whoever may use a topic need not be allowed to read its configuration. */
const NOT_ALLOWED = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'];

async function checkConfigs(
  admin: Admin,
  { wanted, minInsyncReplicas }: { wanted: ReadonlyMap<string, TopicSpec>; minInsyncReplicas: number },
): Promise<string[]> {
  const resources = [...wanted.keys()].map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
  let described: Awaited<ReturnType<Admin['describeConfigs']>>;
  try {
    described = await askWhileSpreading(() => admin.describeConfigs({ resources, includeSynonyms: false }));
  } catch (error) {
    if (!(error instanceof Error && 'type' in error && NOT_ALLOWED.includes(String(error.type)))) throw error;
    return [`the configuration of the topics cannot be checked: ${describeError(error)}`];
  }
  const checked = described.resources.flatMap(({ resourceName, configEntries }) => {
    const spec = wanted.get(resourceName);
    const actual = Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue]));
    return spec ? [{ name: resourceName, ...checkTopicConfig(spec, actual, { minInsyncReplicas }) }] : [];
  });
  const refused = checked.flatMap(({ name, refused }) => refused.map((what) => `${name} has ${what}`));
  if (refused.length > 0) {
    throw new TopicsError(`topics lose data as they are configured: ${refused.join('; ')}; change it at the brokers`);
  }
  return checked.flatMap(({ name, odd }) => odd.map((what) => `topic ${name} has ${what}`));
}
