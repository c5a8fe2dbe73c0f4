import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { runChild } from './child.ts';
import { findJava } from './java.mjs';
import { fetchArtifacts } from './maven.ts';
import { type Part, type PartOptions, startPart } from './part.ts';
import { assertPortFree } from './port-free.mjs';
import { steadyPort } from './ports.ts';

export type KafkaBroker = Part & {
  /** `host:port`, as `KAFKA_BROKERS` takes it. */
  readonly brokers: string;
};

/** Additional listeners next to the plaintext one, for tests of TLS and authentication; all on loopback, advertised as `localhost`. */
export type SecureListeners = {
  ports: Readonly<Partial<Record<'SASL_SSL' | 'SSL', number>>>;
  /** The broker's own properties for them: certificates, mechanisms, users. */
  properties: Readonly<Record<string, string>>;
  /** As the storage tool takes them: `SCRAM-SHA-256=[name=…,password=…]`; only a new folder takes them. */
  scramUsers: readonly string[];
};

/** A node's place in a cluster, and how it differs from a node that is alone. */
export type ClusterPlace = {
  nodeId: number;
  /** Controller port of every node, this one included, by node id. */
  controllerPorts: ReadonlyMap<number, number>;
  /** A listener for the other brokers only: a fault between clients and a broker does not separate the brokers. */
  brokerPort: number;
  /** The port that clients use, if it is not the node's own but a proxy's. */
  advertisedPort?: number;
  /** Replaces and adds properties, by the broker's names. */
  properties?: Readonly<Record<string, string | number | boolean>>;
};

/** 16 bytes in base64url, as the storage tool wants it. */
const CLUSTER_ID = Buffer.from('qcc-local-stack!').toString('base64url');

type Properties = Readonly<Record<string, string | number | boolean>>;

/** `kafka` is the release of the local stack; the other one is older. */
export type KafkaRelease = 'kafka' | 'kafka-3.9';

/** Kafka 4 has the new group coordinator only. */
const RELEASE_PROPERTIES: Readonly<Record<KafkaRelease, Properties>> = {
  kafka: {},
  'kafka-3.9': { 'group.coordinator.new.enable': false, 'group.coordinator.rebalance.protocols': 'classic' },
};

/** The folder with the jars of broker and tools; fetched once. */
export const fetchKafka = (
  options: Pick<PartOptions, 'onStep' | 'signal'> = {},
  release: KafkaRelease = 'kafka',
): Promise<string> => fetchArtifacts(release, options);

/**
 * Starts one Kafka node (KRaft: broker and controller in one). A later start on the same folder, also after a kill,
 * goes on with its data, on whatever port.
 */
export async function startKafka(
  options: PartOptions,
  { secure, release }: { secure?: SecureListeners | undefined; release?: KafkaRelease } = {},
): Promise<KafkaBroker> {
  const controllerPort = await steadyPort();
  const { port } = options;
  return await startNode(options, {
    name: 'Kafka',
    portSetting: 'STACK_KAFKA_PORT',
    heapMiB: 512,
    properties: { ...aloneProperties({ port, controllerPort }, secure), ...(release && RELEASE_PROPERTIES[release]) },
    scramUsers: secure?.scramUsers ?? [],
    ...(release && { release }),
  });
}

/**
 * Starts one node of a cluster; it goes on with the data in its folder. It is ready only when most of the cluster's
 * nodes run: start them at the same time.
 */
export const startKafkaNode = (options: PartOptions, place: ClusterPlace): Promise<KafkaBroker> =>
  startNode(options, {
    name: `Kafka node ${place.nodeId}`,
    heapMiB: 320,
    properties: clusterProperties(options.port, place),
    scramUsers: [],
  });

async function startNode(
  options: PartOptions,
  node: {
    name: string;
    portSetting?: string;
    heapMiB: number;
    properties: Properties;
    scramUsers: readonly string[];
    release?: KafkaRelease;
  },
): Promise<KafkaBroker> {
  const { dir, port, logFile, signal } = options;
  await assertPortFree(node.name, port, node.portSetting);
  const [java, jars] = await Promise.all([findJava(), fetchKafka(options, node.release)]);
  options.onStep?.(() => 'starts');
  const file = join(dir, 'server.properties');
  const logDir = join(dir, 'log');
  mkdirSync(dir, { recursive: true });
  const properties = Object.entries({ ...COMMON_PROPERTIES, 'log.dirs': logDir, ...node.properties });
  writeFileSync(file, properties.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
  const classPath = ['-cp', join(jars, '*')];
  if (!existsSync(join(logDir, 'meta.properties'))) {
    const users = node.scramUsers.flatMap((user) => ['--add-scram', user]);
    const format = [...classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file, ...users];
    await runChild(java, format, { signal });
  }

  const brokers = `127.0.0.1:${port}`;
  const part = await startPart({
    name: node.name,
    dir,
    logFile,
    ...(signal && { signal }),
    command: java,
    args: [
      `-Xmx${node.heapMiB}m`,
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
      ...classPath,
      'kafka.Kafka',
      file,
    ],
    cwd: dir,
    endBy: 'SIGTERM',
    ready: () => answers(brokers),
  });
  return { ...part, brokers };
}

/** An unfenced broker is in the metadata; a listening one may not be yet. */
async function answers(brokers: string): Promise<boolean> {
  const admin = new Kafka({
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } finally {
    await admin.disconnect();
  }
}

const COMMON_PROPERTIES: Properties = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'auto.create.topics.enable': false,
  'message.max.bytes': 9 * 1024 * 1024,
  'group.initial.rebalance.delay.ms': 0,
  // For a small machine: fewer files, quicker starts, and sessions short enough for tests.
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.num.partitions': 8,
  'log.cleaner.dedupe.buffer.size': 32 * 1024 * 1024,
  'group.min.session.timeout.ms': 1_000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
};

function aloneProperties(place: { port: number; controllerPort: number }, secure: SecureListeners | undefined) {
  const more = Object.entries(secure?.ports ?? {});
  const list = (first: string, item: (protocol: string, port: number) => string): string =>
    [first, ...more.map(([protocol, port]) => item(protocol, port))].join(',');
  return {
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${place.controllerPort}`,
    listeners: list(
      `PLAINTEXT://127.0.0.1:${place.port},CONTROLLER://127.0.0.1:${place.controllerPort}`,
      (protocol, port) => `${protocol}://127.0.0.1:${port}`,
    ),
    'advertised.listeners': list(
      `PLAINTEXT://127.0.0.1:${place.port}`,
      (protocol, port) => `${protocol}://localhost:${port}`,
    ),
    'listener.security.protocol.map': list(
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      (protocol) => `${protocol}:${protocol}`,
    ),
    // It is its own replica, and there is nobody to wait for.
    ...replication({ factor: 1, minInsyncReplicas: 1 }),
    // A broker that was killed may register again once its old session is over.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    ...secure?.properties,
  };
}

function clusterProperties(port: number, { nodeId, controllerPorts, brokerPort, ...rest }: ClusterPlace): Properties {
  const voters = [...controllerPorts].map(([id, controllerPort]) => `${id}@127.0.0.1:${controllerPort}`);
  return {
    'node.id': nodeId,
    'controller.quorum.voters': voters.join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},BROKERS://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPorts.get(nodeId)}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${rest.advertisedPort ?? port},BROKERS://127.0.0.1:${brokerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,BROKERS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKERS',
    ...replication({ factor: Math.min(3, controllerPorts.size), minInsyncReplicas: Math.min(2, controllerPorts.size) }),
    ...rest.properties,
  };
}

const replication = ({ factor, minInsyncReplicas }: { factor: number; minInsyncReplicas: number }): Properties => ({
  'default.replication.factor': factor,
  'min.insync.replicas': minInsyncReplicas,
  'offsets.topic.replication.factor': factor,
  'transaction.state.log.replication.factor': factor,
  'transaction.state.log.min.isr': minInsyncReplicas,
  'share.coordinator.state.topic.replication.factor': factor,
  'share.coordinator.state.topic.min.isr': minInsyncReplicas,
});
