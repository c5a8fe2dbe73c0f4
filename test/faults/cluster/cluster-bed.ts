import type { SeenOnTopics } from '../../harness/audit.ts';
import { type Fleet, openFleet } from '../../harness/instances.ts';
import { type ClusterOptions, type KafkaCluster, openKafkaCluster } from '../../harness/kafka-cluster.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import type { Say } from '../../harness/say.ts';
import { openFaultBed } from '../fault-bed.ts';
import { type WatchedFleet, watchFleet } from '../watch-progress.ts';

/** The input of a row on three brokers. */
export type ClusterRowInput = {
  /** The other parts; they are not at fault here. */
  endpoints: { SCHEMA_REGISTRY_URL: string; CLICKHOUSE_URL: string };
  seed: string;
  /** Random numbers from 0 to 1, from the row's own seed. */
  random: () => number;
  say: Say;
  /** How many records the orders have that come while a fault lasts. Default: enough to reach every partition many times. */
  orderRecords?: number;
  /** Reads the topics at the end; without one, ours does. */
  readTopics?: (bed: TestBed) => Promise<SeenOnTopics>;
  /** Runs on this cluster, which stays open. Default: a cluster for the row alone. */
  cluster?: KafkaCluster;
};

/** Three brokers, and services on them. */
export type ClusterBed = AsyncDisposable & { bed: TestBed; cluster: KafkaCluster; fleet: WatchedFleet };

/** Opens names in a cluster. No service runs yet. The options are those of a cluster for the row alone. */
export async function openClusterBed(
  input: ClusterRowInput,
  options: ClusterOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<ClusterBed> {
  await using opened = new AsyncDisposableStack();
  const cluster = input.cluster ?? opened.use(await openKafkaCluster(options));
  const bed = opened.use(
    await openFaultBed(
      { ...input.endpoints, KAFKA_BROKERS: cluster.brokers },
      { seed: input.seed, env: { KAFKA_REPLICATION_FACTOR: '3', KAFKA_MIN_INSYNC_REPLICAS: '2', ...env } },
    ),
  );
  const fleet = opened.use(watchFleet(bed, openFleet(bed)));
  const kept = opened.move();
  return { bed, cluster, fleet, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** A gateway, and two instances of each service behind it, ready. */
export async function startTwice(fleet: Fleet): Promise<void> {
  await fleet.startAll();
  const second = await Promise.all(
    (['archive-extractor', 'detail-enricher', 'sink'] as const).map((name) => fleet.start(name)),
  );
  await Promise.all(second.map((instance) => instance.ready()));
}
