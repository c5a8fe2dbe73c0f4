/**
 * Opens kafkajs's own view of a cluster, for requests that its clients do not make. This file replaces nothing in kafkajs 2.2.4, but
 * uses its connections, with their TLS and login, through a private field.
 */
import './ask-for-brokers-only.ts';
import type { Kafka } from 'kafkajs';
import { KafkaJsMismatchError } from './guard.ts';

/** By the number of a request in Kafka's protocol. */
export type ApiVersions = Readonly<Record<number, { minVersion: number; maxVersion: number }>>;

export type Broker<Connections> = { connectionPool: Connections; apiVersions(): Promise<ApiVersions> };

export type Cluster<Connections> = {
  brokerPool: { metadata: { brokers: { nodeId: number; host: string; port: number }[] } };
  findBroker(place: { nodeId: number | string }): Promise<Broker<Connections>>;
  findControllerBroker(): Promise<Broker<Connections>>;
  addTargetTopic(topic: string): Promise<void>;
  /** The partitions of a topic by the number of the broker that leads them. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
};

/**
 * Lets `use` ask the cluster. Opens connections and closes them again.
 * @param topic Whose leaders are known to `use`. Without it, only the brokers are known.
 * @throws errors of kafkajs
 */
export async function withCluster<Connections, Answer>(
  kafka: Kafka,
  topic: string | undefined,
  use: (cluster: Cluster<Connections>) => Promise<Answer>,
): Promise<Answer> {
  const cluster = createCluster<Cluster<Connections>>(kafka, { metadataMaxAge: 0 });
  try {
    await cluster.connect();
    if (topic === undefined) await cluster.refreshMetadata();
    else await cluster.addTargetTopic(topic);
    return await use(cluster);
  } finally {
    void cluster.disconnect().catch(() => {});
  }
}

export type Connectable = {
  connect(): Promise<void>;
  /** Asks for the brokers, and for the topics that were added. */
  refreshMetadata(): Promise<void>;
  disconnect(): Promise<void>;
};

/**
 * A client of the cluster that has not connected yet. The caller states which other methods it uses.
 * @param options.metadataMaxAge Milliseconds after which leaders are asked for again.
 * @throws KafkaJsMismatchError
 */
export function createCluster<Methods = unknown>(
  kafka: Kafka,
  options: { metadataMaxAge: number },
): Connectable & Methods {
  const name = Object.getOwnPropertySymbols(kafka).find(({ description }) => description?.endsWith('createCluster'));
  const create: unknown = name && Reflect.get(kafka, name);
  if (typeof create !== 'function') throw new KafkaJsMismatchError('kafkajs has no Kafka.createCluster');
  return create({ ...options, allowAutoTopicCreation: false });
}
