import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import pRetry from 'p-retry';
import { protocolErrorType } from 'qcc-core/kafka/client/errors';
import { runChild } from '../../stack/child.ts';
import { findJava } from '../../stack/java.mjs';
import { fetchKafka } from '../../stack/kafka.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { until } from './until.ts';

export type PartitionState = { partition: number; leader: number; replicas: number[]; isr: number[] };
export type TopicPartition = { topic: string; partition: number };

/** Asks the cluster about its partitions, and moves them. Partitions of a topic are in their order. */
export type ClusterAdmin = {
  /** As many replicas and in-sync replicas as the brokers' defaults say. */
  createTopic(topic: string, partitions: number, configs?: Readonly<Record<string, string>>): Promise<void>;
  /** A partition without a leader has the leader -1. */
  partitions(topic: string): Promise<PartitionState[]>;
  /** All topics whose names begin with the prefix; without a prefix, Kafka's own topics too. */
  topics(prefix?: string): Promise<{ topic: string; partitions: PartitionState[] }[]>;
  /** How many partitions each node leads, over all topics; a node that leads none is missing. */
  leaderCounts(): Promise<ReadonlyMap<number, number>>;
  /** Gives leadership back to each partition's first replica; all partitions unless some are named. Resolves when it has asked. */
  electPreferred(partitions?: readonly TopicPartition[]): Promise<void>;
  /** Lets a replica lead that may lack committed messages; only for partitions without a leader. */
  electUnclean(partitions: readonly TopicPartition[]): Promise<void>;
  /**
   * Makes each named node its partition's first replica, which must be one already, and its leader, all in one election;
   * resolves when they lead.
   */
  moveLeaders(moves: readonly (TopicPartition & { nodeId: number })[]): Promise<void>;
  /** Resolves when exactly these nodes hold the partition, the first of them as its preferred leader. */
  setReplicas(partition: TopicPartition, nodeIds: readonly number[]): Promise<void>;
  /** The partition of Kafka's own topic whose leader is the coordinator of the group. */
  groupPartition(groupId: string): Promise<TopicPartition>;
  /** The partition of Kafka's own topic whose leader is the coordinator of the transactional id. */
  transactionPartition(transactionalId: string): Promise<TopicPartition>;
  /** The node that leads a partition now; -1 if a partition of its topic has no leader. */
  leader(partition: TopicPartition): Promise<number>;
  /** The node that is the active controller. */
  controller(): Promise<number>;
};

const MOVE_LIMIT_MS = 60_000;
/** A frozen broker is in the metadata until its session is over, and kafkajs asks it as it asks any other. */
const RESPONSE_LIMIT_MS = 60_000;

/** @param brokers Those that answer now, by a listener that the cluster's nodes advertise to one another. */
export function createClusterAdmin(brokers: () => readonly string[]): ClusterAdmin {
  /** A new client each time: kafkajs stays with a broker that it knows, even if that broker is frozen now. */
  const ask = <Answer>(
    question: (admin: Admin) => Promise<Answer>,
    { isFinal = () => false }: { isFinal?: (error: Error) => boolean } = {},
  ): Promise<Answer> =>
    pRetry(
      async () => {
        const admin = new Kafka({
          brokers: [...brokers()],
          logLevel: logLevel.NOTHING,
          connectionTimeout: 2_000,
          requestTimeout: 4_000,
          retry: { retries: 1 },
        }).admin();
        try {
          await admin.connect();
          return await question(admin);
        } finally {
          await admin.disconnect();
        }
      },
      {
        retries: 30,
        minTimeout: 200,
        factor: 1,
        maxRetryTime: RESPONSE_LIMIT_MS,
        shouldRetry: ({ error }) => !isFinal(error),
      },
    );

  const topics = async (prefix = '', names?: string[]) => {
    const found = await ask((admin) => admin.fetchTopicMetadata(names && { topics: names }));
    return found.topics
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, partitions }) => ({
        topic: name,
        partitions: partitions
          .map(({ partitionId, leader, replicas, isr }) => ({ partition: partitionId, leader, replicas, isr }))
          .sort((a, b) => a.partition - b.partition),
      }));
  };

  const partitions = async (topic: string): Promise<PartitionState[]> =>
    (await topics(topic, [topic]))[0]?.partitions ?? [];

  /** kafkajs does not hand out the metadata of a topic if a partition has no leader. */
  const hasNoLeader = (error: Error): boolean => protocolErrorType(error) === 'LEADER_NOT_AVAILABLE';

  const leader = async ({ topic, partition }: TopicPartition): Promise<number> => {
    try {
      const found = await ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }), { isFinal: hasNoLeader });
      return found.topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
    } catch (error) {
      if (hasNoLeader(error as Error)) return -1;
      throw error;
    }
  };

  /** Runs one of Kafka's own tools, for requests that kafkajs does not have. */
  const runTool = async (tool: string, args: readonly string[]): Promise<string> => {
    const [java, jars] = await Promise.all([findJava(), fetchKafka()]);
    const { stdout } = await runChild(java, [
      ...['-Xmx64m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'],
      ...['-cp', join(jars, '*'), `org.apache.kafka.tools.${tool}`, '--bootstrap-server', brokers().join(',')],
      ...args,
    ]);
    return stdout;
  };

  const elect = async (type: 'preferred' | 'unclean', chosen: readonly TopicPartition[] | undefined): Promise<void> => {
    if (!chosen) {
      await runTool('LeaderElectionCommand', ['--election-type', type, '--all-topic-partitions']);
      return;
    }
    await using folder = await makeTemporaryFolder('qcc-election-');
    const file = join(folder.path, 'partitions.json');
    await writeFile(file, JSON.stringify({ partitions: chosen.map(({ topic, partition }) => ({ topic, partition })) }));
    await runTool('LeaderElectionCommand', ['--election-type', type, '--path-to-json-file', file]);
  };

  const internalPartition = async (topic: string, id: string): Promise<TopicPartition> => {
    const count = (await partitions(topic)).length;
    if (count === 0) throw new Error(`the cluster has no topic ${topic} yet`);
    return { topic, partition: javaHash(id) % count };
  };

  return {
    async createTopic(topic, count, configs = {}) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      const wanted = { topic, numPartitions: count, replicationFactor: -1, configEntries };
      await ask((admin) => admin.createTopics({ topics: [wanted], waitForLeaders: false }));
      await until(`${topic} has its leaders`, MOVE_LIMIT_MS, async () => {
        const states = await partitions(topic);
        return states.length === count && states.every((state) => state.leader >= 0);
      });
    },
    partitions,
    topics: (prefix) => topics(prefix),
    async leaderCounts() {
      const leaders = (await topics()).flatMap((topic) => topic.partitions.map((each) => each.leader));
      const counts = new Map<number, number>();
      for (const id of leaders.filter((id) => id >= 0)) counts.set(id, (counts.get(id) ?? 0) + 1);
      return counts;
    },
    electPreferred: (chosen) => elect('preferred', chosen),
    electUnclean: (chosen) => elect('unclean', chosen),
    async moveLeaders(moves) {
      if (moves.length === 0) return;
      const assignments = Map.groupBy(moves, ({ topic }) => topic);
      // The topics are named, because a broker that does not know a new one yet leaves it out of the list of all. Asked for a name, it
      // answers with an error, and is asked again.
      const statesOf = async () =>
        new Map((await topics('', [...assignments.keys()])).map((topic) => [topic.topic, topic.partitions]));
      const before = await statesOf();
      const wanted = [...assignments].map(([topic, chosen]) => ({
        topic,
        partitionAssignment: chosen.map(({ partition, nodeId }) => {
          const replicas = before.get(topic)?.[partition]?.replicas ?? [];
          if (!replicas.includes(nodeId)) throw new Error(`node ${nodeId} has no replica of ${topic}/${partition}`);
          return { partition, replicas: [nodeId, ...replicas.filter((id) => id !== nodeId)] };
        }),
      }));
      await ask((admin) => admin.alterPartitionReassignments({ topics: wanted }));
      const holdsForEach = async (holds: (state: PartitionState, nodeId: number) => boolean): Promise<boolean> => {
        const now = await statesOf();
        return moves.every(({ topic, partition, nodeId }) => holds(now.get(topic)![partition]!, nodeId));
      };
      await until('the chosen replicas are the first ones', MOVE_LIMIT_MS, () =>
        holdsForEach(({ replicas }, nodeId) => replicas[0] === nodeId),
      );
      // A replica that has just come back cannot be elected before it is in sync.
      await until('the chosen replicas lead', MOVE_LIMIT_MS, async () => {
        await elect('preferred', moves);
        return await holdsForEach(({ leader }, nodeId) => leader === nodeId);
      });
    },
    async setReplicas({ topic, partition }, nodeIds) {
      const partitionAssignment = [{ partition, replicas: [...nodeIds] }];
      await ask((admin) => admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] }));
      await until(`nodes ${nodeIds} hold ${topic}/${partition}`, MOVE_LIMIT_MS, async () => {
        return (await partitions(topic))[partition]!.replicas.join() === nodeIds.join();
      });
    },
    groupPartition: (groupId) => internalPartition('__consumer_offsets', groupId),
    transactionPartition: (transactionalId) => internalPartition('__transaction_state', transactionalId),
    leader,
    async controller() {
      const described = await runTool('MetadataQuorumCommand', ['describe', '--status']);
      return Number(/^LeaderId:\s*(\d+)/m.exec(described)?.[1]);
    },
  };
}

/** Java's `String.hashCode`, made positive as Kafka's brokers do. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash === -(2 ** 31) ? 0 : Math.abs(hash);
}
