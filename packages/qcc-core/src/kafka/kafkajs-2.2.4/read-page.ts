/**
 * Reads a partition at any offset, without a consumer group: joining one takes seconds, and kafkajs reads in groups alone. This
 * file replaces nothing in kafkajs, but calls its `Broker.fetch`, which `fetch-committed.ts` patches.
 */
import './fetch-committed.ts';
import type { Kafka } from 'kafkajs';
import pRetry from 'p-retry';
import { ELECTION_RETRIES } from '../../base/backoff.ts';
import type { FetchedMessage } from '../wire/fetched-records.ts';
import { createCluster } from './cluster.ts';
import { KafkaJsMismatchError, kafkaJsModule, requireShape } from './guard.ts';

/** Reads pages of one cluster's topics. */
export type PageReader = AsyncDisposable & {
  /**
   * The messages of a partition from an offset on, in their order: those of the batch that holds the offset, and of further ones
   * up to about half a MiB. Empty if nothing follows. It includes messages of transactions that are open or aborted, so a caller
   * asks for offsets that it knows to be committed. Messages hold the whole page in memory.
   *
   * It waits out changes of leaders for about twelve seconds, plus the time of the attempts.
   * @throws errors of kafkajs after that, or the signal's reason
   */
  read(place: { topic: string; partition: number; offset: number; signal: AbortSignal }): Promise<FetchedMessage[]>;
};

type Broker = {
  fetch(request: object): Promise<{ responses: { partitions: { messages: FetchedMessage[] }[] }[] }>;
};
type Cluster = {
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
};

const ClusterOfKafkaJs = kafkaJsModule<{ prototype: Record<keyof Cluster, unknown> }>('cluster/index.js');
requireShape('Cluster.findBroker', ClusterOfKafkaJs.prototype.findBroker, ['nodeId']);
requireShape('Cluster.findLeaderForPartitions', ClusterOfKafkaJs.prototype.findLeaderForPartitions, ['leader']);

const PAGE_BYTES = 512 * 1_024;
/** The messages are there: a broker that has none to give must not hold up other requests of the connection. */
const WAIT_MS = 0;
const READ_UNCOMMITTED = 0;
const CLIENT_REPLICA_ID = -1;
const METADATA_MAX_AGE_MS = 20_000;

export function openPageReader(kafka: Kafka): PageReader {
  const cluster = createCluster<Cluster>(kafka, { metadataMaxAge: METADATA_MAX_AGE_MS });
  let connecting: Promise<void> | undefined;
  const connect = (): Promise<void> => {
    connecting ??= cluster.connect().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };

  const fetch = async (topic: string, partition: number, offset: number): Promise<FetchedMessage[]> => {
    await connect();
    await cluster.addTargetTopic(topic);
    await cluster.refreshMetadataIfNecessary();
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition}`);
    const broker = await cluster.findBroker({ nodeId });
    const { responses } = await broker.fetch({
      replicaId: CLIENT_REPLICA_ID,
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: WAIT_MS,
      minBytes: 1,
      maxBytes: PAGE_BYTES,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: PAGE_BYTES }] }],
    });
    const messages = responses[0]?.partitions[0]?.messages;
    if (!Array.isArray(messages)) throw new KafkaJsMismatchError('kafkajs has no messages in its response to a fetch');
    return messages.filter((message) => Number(message.offset) >= offset);
  };

  return {
    read: ({ topic, partition, offset, signal }) =>
      pRetry(() => fetch(topic, partition, offset), {
        ...ELECTION_RETRIES,
        signal,
        shouldRetry: ({ error }) => !(error instanceof KafkaJsMismatchError),
        onFailedAttempt: () => cluster.refreshMetadata().catch(() => {}),
      }),
    [Symbol.asyncDispose]: () => cluster.disconnect(),
  };
}
