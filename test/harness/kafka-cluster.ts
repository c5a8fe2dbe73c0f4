import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterPlace, fetchKafka, type KafkaBroker, startKafkaNode } from '../../stack/kafka.ts';
import { endOrphans } from '../../stack/orphans.ts';
import { steadyPorts } from '../../stack/ports.ts';
import { followSteps } from '../../stack/steps.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { type BrokerProxy, type Intercept, openBrokerProxy } from './broker-proxy.ts';
import { type ClusterAdmin, createClusterAdmin } from './cluster-admin.ts';

/** One node of the cluster: broker and controller in one process. */
export type KafkaNode = {
  readonly id: number;
  /** `host:port` that clients use: the proxy's, if there is one. */
  readonly address: string;
  /** Of the process that runs now; undefined when none does. */
  readonly pid: number | undefined;
  readonly logFile: string;
  readonly state: 'up' | 'frozen' | 'down';
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM: the node hands its partitions over first. Resolves when it is gone; kills it after a minute. */
  stop(): Promise<void>;
  /** SIGSTOP: it stays connected and answers nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Starts it again on its data and ports; resolves when it answers, for which most of the nodes have to run. */
  start(): Promise<void>;
  /** The clients' way to it. @throws Error for a cluster without proxies */
  proxy(): BrokerProxy;
};

export type KafkaCluster = AsyncDisposable & {
  /** Bootstrap list, as `KAFKA_BROKERS` takes it. */
  readonly brokers: string;
  readonly nodes: readonly KafkaNode[];
  /** @throws Error if there is no node with that id */
  node(id: number): KafkaNode;
  /** Goes to the brokers past the proxies. */
  readonly admin: ClusterAdmin;
};

export type ClusterOptions = {
  /** Default: 3. */
  size?: number;
  /** Replaces and adds broker properties, in every node. */
  properties?: ClusterPlace['properties'];
  /** Puts a proxy between the clients and each broker; brokers talk to one another past it. */
  proxied?: boolean;
  /** Responds to clients instead of the node; only with `proxied`. */
  intercept?: (nodeId: number) => Intercept;
  progress?(line: string): void;
};

const STOP_LIMIT_MS = 60_000;

/**
 * A separate Kafka cluster with the brokers' defaults: three nodes, replication factor 3, two replicas in sync, for
 * topics that name no others, and for Kafka's own. Data lies in a temporary folder. Everything is gone at the end, also
 * when the start fails.
 */
export async function openKafkaCluster(options: ClusterOptions = {}): Promise<KafkaCluster> {
  // Of an earlier run that was killed.
  endOrphans();
  await using opened = new AsyncDisposableStack();
  const { path: dir } = opened.use(await makeTemporaryFolder('qcc-cluster-'));
  const ids = Array.from({ length: options.size ?? 3 }, (_, index) => index + 1);
  const ports = await steadyPorts(3 * ids.length);
  const portsOf = (id: number) => ({
    port: ports[3 * id - 3]!,
    controllerPort: ports[3 * id - 2]!,
    brokerPort: ports[3 * id - 1]!,
  });
  const controllerPorts = new Map(ids.map((id) => [id, portsOf(id).controllerPort]));
  const nodes: KafkaNode[] = [];
  const starts: Promise<void>[] = [];
  const failed = new AbortController();
  opened.defer(async () => {
    failed.abort(new Error('another node of the cluster did not start'));
    await Promise.allSettled(starts);
    await Promise.all(nodes.map((node) => node.kill()));
  });
  for (const id of ids) {
    const { port, brokerPort } = portsOf(id);
    const intercept = options.intercept?.(id);
    const proxy = options.proxied
      ? opened.use(await openBrokerProxy({ toPort: port, ...(intercept && { intercept }) }))
      : undefined;
    const node = createNode({
      id,
      dir: join(dir, String(id)),
      port,
      proxy,
      place: {
        nodeId: id,
        controllerPorts,
        brokerPort,
        ...(proxy && { advertisedPort: proxy.port }),
        ...(options.properties && { properties: options.properties }),
      },
      signal: failed.signal,
    });
    nodes.push(node);
  }
  const steps = followSteps((line) => options.progress?.(line));
  await steps.during(fetchKafka({ onStep: steps.of('Kafka') }));
  starts.push(...nodes.map((node) => node.start()));
  await Promise.all(starts);
  const admin = createClusterAdmin(() =>
    nodes.filter(({ state }) => state === 'up').map(({ id }) => `127.0.0.1:${portsOf(id).brokerPort}`),
  );
  const kept = opened.move();
  return {
    brokers: nodes.map(({ address }) => address).join(','),
    nodes,
    node(id) {
      const found = nodes.find((node) => node.id === id);
      if (!found) throw new Error(`the cluster has no node ${id}`);
      return found;
    },
    admin,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function createNode(input: {
  id: number;
  dir: string;
  port: number;
  proxy: BrokerProxy | undefined;
  place: ClusterPlace;
  /** Ends it while it starts. */
  signal: AbortSignal;
}): KafkaNode {
  const { id, dir, port, proxy, signal } = input;
  const logFile = `${dir}.log`;
  let part: KafkaBroker | undefined;
  let isFrozen = false;

  const send = (what: NodeJS.Signals): void => {
    if (part) process.kill(part.pid, what);
  };
  return {
    id,
    address: `127.0.0.1:${proxy?.port ?? port}`,
    get pid() {
      return part?.pid;
    },
    logFile,
    get state() {
      if (!part) return 'down';
      return isFrozen ? 'frozen' : 'up';
    },
    async kill() {
      const { exited } = part ?? {};
      send('SIGKILL');
      await exited;
    },
    async stop() {
      const { exited } = part ?? {};
      send('SIGTERM');
      await Promise.race([exited, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
      send('SIGKILL');
      await exited;
    },
    freeze() {
      isFrozen = true;
      send('SIGSTOP');
    },
    thaw() {
      isFrozen = false;
      send('SIGCONT');
    },
    async start() {
      const started = await startKafkaNode({ dir, port, logFile, signal }, input.place);
      part = started;
      isFrozen = false;
      void started.exited.then(() => {
        if (part === started) part = undefined;
      });
    },
    proxy() {
      if (!proxy) throw new Error('the cluster was opened without proxies');
      return proxy;
    },
  };
}
