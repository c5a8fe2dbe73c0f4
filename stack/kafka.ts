import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { Kafka, logLevel } from 'kafkajs';
import { findJava } from './java.ts';
import { fetchArtifacts } from './maven.ts';
import { type Part, type PartOptions, startPart } from './part.ts';
import { assertPortFree } from './ports.ts';

export type KafkaBroker = Part & {
  /** `host:port`, as `KAFKA_BROKERS` takes it. */
  readonly brokers: string;
};

/** Doors beside the plain one, as tests of TLS and login need them; all on loopback, advertised as `localhost`. */
export type SecureListeners = {
  ports: Readonly<Partial<Record<'SASL_SSL' | 'SSL', number>>>;
  /** The broker's own properties for them: certificates, mechanisms, users. */
  properties: Readonly<Record<string, string>>;
  /** As the storage tool takes them: `SCRAM-SHA-256=[name=…,password=…]`; only a new folder takes them. */
  scramUsers: readonly string[];
};

/** 16 bytes in base64url, as the storage tool wants it. */
const CLUSTER_ID = Buffer.from('qcc-local-stack!').toString('base64url');

/**
 * Starts one Kafka node (KRaft: broker and controller in one). A later start on the same folder, also after a kill,
 * goes on with its data, on whatever port.
 */
export async function startKafka(
  { dir, port, logFile, progress, signal }: PartOptions,
  secure?: SecureListeners,
): Promise<KafkaBroker> {
  await assertPortFree('Kafka', port, 'STACK_KAFKA_PORT');
  const [java, jars] = await Promise.all([
    findJava(),
    fetchArtifacts({
      pins: join(import.meta.dirname, 'kafka'),
      name: 'kafka',
      ...(progress && { progress }),
      ...(signal && { signal }),
    }),
  ]);
  const properties = join(dir, 'server.properties');
  const logDir = join(dir, 'log');
  mkdirSync(dir, { recursive: true });
  const controllerPort = await getPort({ host: '127.0.0.1' });
  writeFileSync(properties, serverProperties({ port, controllerPort, logDir }, secure), { mode: 0o600 });
  const classPath = ['-cp', join(jars, '*')];
  if (!existsSync(join(logDir, 'meta.properties'))) {
    const users = secure?.scramUsers.flatMap((user) => ['--add-scram', user]) ?? [];
    const format = [...classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties, ...users];
    await promisify(execFile)(java, format, signal && { signal });
  }

  const brokers = `127.0.0.1:${port}`;
  const part = await startPart({
    name: 'Kafka',
    dir,
    logFile,
    ...(signal && { signal }),
    command: java,
    args: [
      '-Xmx512m',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
      ...classPath,
      'kafka.Kafka',
      properties,
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

function serverProperties(
  place: { port: number; controllerPort: number; logDir: string },
  secure: SecureListeners | undefined,
): string {
  const more = Object.entries(secure?.ports ?? {});
  const list = (first: string, item: (protocol: string, port: number) => string): string =>
    [first, ...more.map(([protocol, port]) => item(protocol, port))].join(',');
  const settings = {
    'process.roles': 'broker,controller',
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
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': place.logDir,
    'auto.create.topics.enable': false,
    'message.max.bytes': 9 * 1024 * 1024,
    // One node: it is its own replica, and there is nobody to wait for.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Small, as the machine is: fewer files, quicker starts, and sessions short enough for tests.
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.num.partitions': 8,
    'log.cleaner.dedupe.buffer.size': 32 * 1024 * 1024,
    // A broker that was killed may register again once its old session is over.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    'group.min.session.timeout.ms': 1_000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    ...secure?.properties,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
