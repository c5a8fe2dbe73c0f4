import { randomUUID } from 'node:crypto';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import { openKafka } from 'qcc-core/kafka/client/open-kafka';
import { openPublisher } from 'qcc-core/kafka/client/publisher';
import { changeRecord } from 'qcc-core/testing/change-record';
import { toEnriched } from 'qcc-details/to-enriched';
import { expect, inject, test, vi } from 'vitest';
import { subscribe } from '../../../packages/qcc-subscriber/src/subscribe.ts';
import type { KafkaCluster, KafkaNode } from '../../harness/kafka-cluster.ts';
import { PATIENCE } from '../../harness/patience.ts';

/** One company in each partition. */
const COMPANIES = ['k0', 'k1'];
const ROUNDS = 60;

/** The typed client on three brokers. */
export function testKilledLeader(cluster: () => KafkaCluster): void {
  test('the typed client handles every change in order though the leader and coordinator is killed', {
    tags: 'whole',
  }, async () => {
    const prefix = `client-${randomUUID().slice(0, 8)}.`;
    const topic = `${prefix}enriched-records`;
    const group = `${prefix}team`;
    const { admin } = cluster();
    await admin.createTopic(topic, COMPANIES.length);
    await admin.createTopic(`${prefix}erased-records`, 1);
    const { SCHEMA_REGISTRY_URL } = inject('stack');
    const codec = await connectCodec(readSettings({ TOPIC_PREFIX: prefix, SCHEMA_REGISTRY_URL }, COMMON_SETTINGS));
    const brokers = cluster().brokers.split(',');
    const kafka = openKafka({ brokers, clientId: prefix, logCreator: () => () => {} });
    // It sends again what had no response, so that a message may come twice.
    await using publisher = await openPublisher({ kafka, prefix });
    const send = (position: number) =>
      publisher.publish(
        COMPANIES.map((corpKeyNo, partition) => ({
          topic: TOPICS.enrichedRecords,
          key: corpKeyNo,
          partition,
          value: codec.encode('enriched-records', enriched(corpKeyNo, position)),
        })),
      );
    const handled = new Map(COMPANIES.map((corpKeyNo): [string, number[]] => [corpKeyNo, []]));
    const closing = new AbortController();
    const running = subscribe({
      topic: 'enriched-records',
      group,
      from: 'earliest',
      // Repeated changes are left out.
      versions: 'newest',
      topicPrefix: prefix,
      kafka: { brokers, sessionTimeoutMs: 6_000 },
      registry: { url: SCHEMA_REGISTRY_URL },
      signal: closing.signal,
      log: { warn() {}, error() {} },
    }).run(({ record }) => void handled.get(record.corpKeyNo)!.push(record.position));
    running.catch(() => {});
    const arrived = (count: number) =>
      vi.waitFor(() => {
        for (const positions of handled.values()) expect(positions).toEqual(upTo(count));
      }, PATIENCE);
    let killed: KafkaNode | undefined;
    try {
      for (const position of upTo(ROUNDS / 2)) await send(position);
      await arrived(ROUNDS / 2);
      const nodeId = await admin.leader({ topic, partition: 0 });
      await admin.moveLeaders([{ ...(await admin.groupPartition(group)), nodeId }]);
      killed = cluster().node(nodeId);
      await killed.kill();
      for (const position of upTo(ROUNDS).slice(ROUNDS / 2)) await send(position);
      await arrived(ROUNDS);
    } finally {
      closing.abort();
      await killed?.start();
    }
    await running;
  });
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

const enriched = (corpKeyNo: string, position: number): EnrichedRecord => ({
  ...toEnriched(changeRecord({ id: `${corpKeyNo}-${position}`, corpKeyNo, position }), { status: 'NOT_APPLICABLE' }),
  version: Buffer.alloc(32, position),
});
