/** The local stack by Docker: the same endpoints as the native one, from `docker-compose.yml`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from './places.ts';
import type { StackEnv, StackPorts } from './stack.ts';

const run = promisify(execFile);
const PARTS = ['kafka', 'registry', 'clickhouse'];

/** Whether an engine and its compose plugin can be used; a command line tool without an engine does not count. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 5_000 });
    await run('docker', ['compose', 'version'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts the three parts and waits for their health checks.
 * @throws Error with Docker's words and what to do, or the signal's reason.
 */
export async function composeUp(ports: StackPorts, signal: AbortSignal | undefined): Promise<StackEnv> {
  await run('docker', ['compose', 'up', '--detach', '--wait', ...PARTS], {
    cwd: ROOT,
    env: {
      ...process.env,
      STACK_KAFKA_PORT: String(ports.kafka),
      STACK_REGISTRY_PORT: String(ports.registry),
      STACK_CLICKHOUSE_PORT: String(ports.clickhouse),
    },
    ...(signal && { signal }),
  }).catch((cause: Error) => {
    signal?.throwIfAborted();
    throw new Error(`${cause.message}\nSee \`docker compose logs\`, or set QCC_STACK=native to do without Docker.`, {
      cause,
    });
  });
  return {
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
    CLICKHOUSE_URL: `http://127.0.0.1:${ports.clickhouse}`,
  };
}

/** Removes the containers, and with `delete` their volumes too; says whether any was there. */
export async function composeDown({ data }: { data: 'keep' | 'delete' }): Promise<boolean> {
  const { stdout } = await run('docker', ['compose', 'ps', '--quiet'], { cwd: ROOT });
  await run('docker', ['compose', 'down', ...(data === 'delete' ? ['--volumes'] : [])], { cwd: ROOT });
  return stdout.trim() !== '';
}
