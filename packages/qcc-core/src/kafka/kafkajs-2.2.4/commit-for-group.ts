/**
 * Commits offsets for a consumer group without joining it, as Kafka's tools do. kafkajs 2.2.4 can only join the group, seek and leave
 * (`admin.setOffsets`), which commits partition by partition. This file replaces nothing in kafkajs.
 */
import type { Kafka } from 'kafkajs';
import { withCluster } from './cluster.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

type Coordinator = {
  offsetCommit(request: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<unknown>;
};
type GroupCluster = { findGroupCoordinator(group: { groupId: string }): Promise<Coordinator> };

const BrokerOfKafkaJs = kafkaJsModule<{ prototype: Record<string, unknown> }>('broker/index.js');
requireShape('Broker.offsetCommit', BrokerOfKafkaJs.prototype.offsetCommit, ['groupGenerationId', 'memberId']);
const ClusterOfKafkaJs = kafkaJsModule<{ prototype: Record<string, unknown> }>('cluster/index.js');
requireShape('Cluster.findGroupCoordinator', ClusterOfKafkaJs.prototype.findGroupCoordinator, ['groupId']);

/** Of a request that no member makes. */
const NO_GENERATION = -1;

/**
 * Commits all offsets in one request. Opens connections and closes them again.
 * @throws errors of kafkajs: UNKNOWN_MEMBER_ID if the group has members, which commit for themselves
 */
export async function commitForGroup(
  kafka: Kafka,
  { group, topic, offsets }: { group: string; topic: string; offsets: ReadonlyMap<number, bigint> },
): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
  await withCluster(kafka, topic, async (cluster) => {
    const coordinator = await (cluster as unknown as GroupCluster).findGroupCoordinator({ groupId: group });
    await coordinator.offsetCommit({
      groupId: group,
      groupGenerationId: NO_GENERATION,
      memberId: '',
      topics: [{ topic, partitions }],
    });
  });
}
