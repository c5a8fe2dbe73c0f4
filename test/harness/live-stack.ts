import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClickHouse } from '../../stack/clickhouse.ts';
import { type KafkaRelease, startKafka } from '../../stack/kafka.ts';
import type { Part, PartOptions } from '../../stack/part.ts';
import { steadyPort } from '../../stack/ports.ts';
import { startRegistry } from '../../stack/registry.ts';
import type { StackEnv } from '../../stack/stack.ts';
import { followSteps } from '../../stack/steps.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';

export type PartName = 'kafka' | 'registry' | 'clickhouse';

/** A stack of its own whose parts can be killed, frozen and started again on their data and port. */
export type LiveStack = AsyncDisposable & {
  env: StackEnv;
  /** Ends the part at once, as a power cut does. */
  kill(part: PartName): Promise<void>;
  freeze(part: PartName): void;
  thaw(part: PartName): void;
  /** Resolves when it answers. */
  start(part: PartName): Promise<void>;
};

const PARTS: readonly PartName[] = ['kafka', 'registry', 'clickhouse'];

/**
 * @param names Parts to start. Default: all. The endpoints of the others lead nowhere.
 * @param release of Kafka. Default: that of the local stack.
 */
export async function openLiveStack(
  progress: (line: string) => void,
  names: readonly PartName[] = PARTS,
  release?: KafkaRelease,
): Promise<LiveStack> {
  const starters = {
    kafka: (options: PartOptions) => startKafka(options, release ? { release } : {}),
    registry: startRegistry,
    clickhouse: startClickHouse,
  } as const;
  const folder = await makeTemporaryFolder('qcc-chaos-');
  const dir = folder.path;
  const ports = Object.fromEntries(await Promise.all(PARTS.map(async (name) => [name, await steadyPort()]))) as Record<
    PartName,
    number
  >;
  const parts = new Map<PartName, Part>();
  const steps = followSteps(progress);
  const start = async (name: PartName): Promise<void> => {
    while (await answers(ports[name])) await sleep(100);
    const onStep = steps.of(name);
    const options = { dir: join(dir, name), port: ports[name], logFile: join(dir, `${name}.log`), onStep };
    parts.set(name, await starters[name](options));
    steps.end(name);
  };
  const signal = (name: PartName, what: NodeJS.Signals): void => {
    const part = parts.get(name);
    if (part) process.kill(part.pid, what);
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...parts.values()].map((part) => part.stop()));
    await folder[Symbol.asyncDispose]();
  };
  try {
    await steps.during(Promise.all(names.map(start)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env: {
      KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
      SCHEMA_REGISTRY_URL: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
      CLICKHOUSE_URL: `http://127.0.0.1:${ports.clickhouse}`,
    },
    async kill(name) {
      signal(name, 'SIGKILL');
      await parts.get(name)?.exited;
      parts.delete(name);
    },
    freeze: (name) => signal(name, 'SIGSTOP'),
    thaw: (name) => signal(name, 'SIGCONT'),
    start,
    [Symbol.asyncDispose]: stop,
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
