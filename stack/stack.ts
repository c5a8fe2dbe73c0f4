import { join } from 'node:path';
import { analystUsersFile } from './analyst-login.ts';
import { type ClickHouse, startClickHouse } from './clickhouse.ts';
import { type KafkaBroker, type SecureListeners, startKafka } from './kafka.ts';
import { endOrphans } from './orphans.ts';
import type { Part } from './part.ts';
import { steadyPort } from './ports.ts';
import { type SchemaRegistry, startRegistry } from './registry.ts';
import { followSteps } from './steps.ts';

export type StackPorts = { kafka: number; registry: number; clickhouse: number };

/** What the services have to be told, under the names of their settings. */
export type StackEnv = { KAFKA_BROKERS: string; SCHEMA_REGISTRY_URL: string; CLICKHOUSE_URL: string };

export type Stack = AsyncDisposable & {
  readonly env: StackEnv;
  readonly kafka: KafkaBroker;
  readonly registry: SchemaRegistry;
  readonly clickhouse: ClickHouse;
  /** Ends all three, in under ten seconds; the data stays. */
  stop(): Promise<void>;
};

type StackOptions = {
  dataDir: string;
  logDir: string;
  /** All on loopback; `free` takes whatever is free. */
  ports: StackPorts | 'free';
  /** Doors of Kafka's with TLS and login, beside the plain one. */
  secureListeners?: SecureListeners;
  signal?: AbortSignal;
  /** Told what has been reached, and every few seconds what is waited for. */
  progress?(line: string): void;
};

/** Starts Kafka, the registry and ClickHouse at once; resolves when all are ready. A failure of one ends the others. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, logDir, ports, secureListeners, signal, progress } = options;
  endOrphans();
  const at = ports === 'free' ? await freePorts() : ports;
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const started: Part[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.stop()));
  };
  const steps = followSteps((line) => progress?.(line));
  const start = async <Started extends Part>(
    name: keyof StackPorts,
    starter: (options: Parameters<typeof startKafka>[0]) => Promise<Started>,
  ): Promise<Started> => {
    const begun = performance.now();
    const onStep = steps.of(NAMES[name]);
    onStep(() => 'starts');
    try {
      const part = await starter({
        dir: join(dataDir, name),
        logFile: join(logDir, `${name}.log`),
        port: at[name],
        signal: either,
        onStep,
      });
      started.push(part);
      steps.end(NAMES[name]);
      progress?.(`${part.name} is ready after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      return part;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  progress?.('starting Kafka, the schema registry and ClickHouse …');
  const parts = [
    start('kafka', (part) => startKafka(part, { secure: secureListeners })),
    start('registry', startRegistry),
    start('clickhouse', (part) => startClickHouse({ ...part, usersFile: analystUsersFile(process.env) })),
  ] as const;
  try {
    const [kafka, registry, clickhouse] = await steps.during(Promise.all(parts));
    return {
      env: { KAFKA_BROKERS: kafka.brokers, SCHEMA_REGISTRY_URL: registry.url, CLICKHOUSE_URL: clickhouse.url },
      kafka,
      registry,
      clickhouse,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await Promise.allSettled(parts);
    await stop();
    throw error;
  }
}

const NAMES = { kafka: 'Kafka', registry: 'the schema registry', clickhouse: 'ClickHouse' } as const;

async function freePorts(): Promise<StackPorts> {
  const [kafka, registry, clickhouse] = await Promise.all([1, 2, 3].map(() => steadyPort()));
  return { kafka: kafka!, registry: registry!, clickhouse: clickhouse! };
}
