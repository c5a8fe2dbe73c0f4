import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type StackEnv, startStack } from '../stack/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Endpoints of the real parts, under the names of the settings: `inject('stack')`. */
    stack: StackEnv;
  }
}

/**
 * One stack for all integration tests, on free ports with its data in a temporary folder; each test keeps apart by its
 * own `TOPIC_PREFIX` and `CLICKHOUSE_DATABASE`. To use a running one, name its endpoints:
 * `QCC_TEST_STACK='KAFKA_BROKERS=… SCHEMA_REGISTRY_URL=… CLICKHOUSE_URL=…'`, each optional, the defaults being those of
 * `npm run stack`; `QCC_TEST_STACK=default` takes all three from there.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const named = process.env.QCC_TEST_STACK;
  if (named) {
    project.provide('stack', readEndpoints(named));
    return async () => {};
  }
  const dir = await mkdtemp(join(tmpdir(), 'qcc-stack-'));
  const removeFolder = () => rm(dir, { recursive: true, force: true });
  try {
    const stack = await startStack({
      dataDir: join(dir, 'data'),
      logDir: join(dir, 'logs'),
      ports: 'free',
      progress: (line) => console.log(line),
    });
    project.provide('stack', stack.env);
    return async () => {
      await stack.stop();
      await removeFolder();
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

function readEndpoints(named: string): StackEnv {
  const given = new Map(named.split(/\s+/).map((pair) => pair.split('=', 2) as [string, string]));
  return {
    KAFKA_BROKERS: given.get('KAFKA_BROKERS') ?? '127.0.0.1:9092',
    SCHEMA_REGISTRY_URL: given.get('SCHEMA_REGISTRY_URL') ?? 'http://127.0.0.1:8081/apis/ccompat/v7',
    CLICKHOUSE_URL: given.get('CLICKHOUSE_URL') ?? 'http://127.0.0.1:8123',
  };
}
