import { join } from 'node:path';
import { DockerComposeEnvironment } from 'testcontainers';
import type { TestProject } from 'vitest/node';
import { chooseStack } from '../stack/choose-stack.mjs';
import { ROOT } from '../stack/places.ts';
import { steadyPort } from '../stack/ports.ts';
import { type StackEnv, startStack } from '../stack/stack.ts';
import { makeTemporaryFolder } from '../stack/temporary-folder.ts';
import { type KafkaDoors, makeKafkaDoors } from './harness/kafka-doors.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Endpoints of the real parts, under the names of the settings: `inject('stack')`. */
    stack: StackEnv;
    /** Its Kafka's doors with TLS and login; null where the stack is not this setup's own native one. */
    kafkaDoors: KafkaDoors | null;
  }
}

/**
 * One stack for all tests of a run, on free ports with its data in a temporary folder; each test keeps apart by its
 * own `TOPIC_PREFIX` and `CLICKHOUSE_DATABASE`. To use a running one, name its endpoints:
 * `QCC_TEST_STACK='KAFKA_BROKERS=… SCHEMA_REGISTRY_URL=… CLICKHOUSE_URL=…'`, each optional, the defaults being those of
 * `npm run stack`; `QCC_TEST_STACK=default` takes all three from there.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  // Each project has its own copy of this module, and all run in one process.
  const run = globalThis as { testStack?: { opening: Promise<TestStack>; users: number } };
  run.testStack ??= { opening: openTestStack(), users: 0 };
  const shared = run.testStack;
  shared.users += 1;
  const { env, doors, stop } = await shared.opening;
  project.provide('stack', env);
  project.provide('kafkaDoors', doors);
  return async () => {
    shared.users -= 1;
    if (shared.users === 0) await stop();
  };
}

type TestStack = { env: StackEnv; doors: KafkaDoors | null; stop(): Promise<void> };

async function openTestStack(): Promise<TestStack> {
  const named = process.env.QCC_TEST_STACK;
  if (named) return { env: readEndpoints(named), doors: null, stop: async () => {} };
  const { kind, problems } = await chooseStack(process.env);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  if (kind === 'docker') return await openContainers();
  const folder = await makeTemporaryFolder('qcc-stack-');
  const dir = folder.path;
  try {
    const { doors, listeners } = await makeKafkaDoors(dir);
    const stack = await startStack({
      dataDir: join(dir, 'data'),
      logDir: join(dir, 'logs'),
      ports: 'free',
      secureListeners: listeners,
      progress: (line) => console.log(line),
    });
    const stop = async () => {
      await stack.stop();
      await folder[Symbol.asyncDispose]();
    };
    return { env: stack.env, doors, stop };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** The same stack from `docker-compose.yml`, for machines with a Docker engine. */
async function openContainers(): Promise<TestStack> {
  const [kafka, registry, clickhouse] = await Promise.all([1, 2, 3].map(() => steadyPort()));
  // As for `docker compose` itself.
  const files = process.env.COMPOSE_FILE?.split(':') ?? 'docker-compose.yml';
  const environment = await new DockerComposeEnvironment(ROOT, files)
    .withEnvironment({
      STACK_KAFKA_PORT: String(kafka),
      STACK_REGISTRY_PORT: String(registry),
      STACK_CLICKHOUSE_PORT: String(clickhouse),
    })
    .up(['kafka', 'registry', 'clickhouse']);
  const env = {
    KAFKA_BROKERS: `127.0.0.1:${kafka}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${registry}/apis/ccompat/v7`,
    CLICKHOUSE_URL: `http://127.0.0.1:${clickhouse}`,
  };
  return { env, doors: null, stop: async () => void (await environment.down()) };
}

function readEndpoints(named: string): StackEnv {
  const given = new Map(named.split(/\s+/).map((pair) => pair.split('=', 2) as [string, string]));
  return {
    KAFKA_BROKERS: given.get('KAFKA_BROKERS') ?? '127.0.0.1:9092',
    SCHEMA_REGISTRY_URL: given.get('SCHEMA_REGISTRY_URL') ?? 'http://127.0.0.1:8081/apis/ccompat/v7',
    CLICKHOUSE_URL: given.get('CLICKHOUSE_URL') ?? 'http://127.0.0.1:8123',
  };
}
