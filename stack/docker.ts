/** The local stack by Docker: the same endpoints as the native one, from `docker-compose.yml`. */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { ROOT } from './places.ts';
import type { StackEnv, StackPorts } from './stack.ts';

const run = promisify(execFile);
const PARTS = ['kafka', 'registry', 'clickhouse'];

/**
 * Starts the three parts and waits for their health checks. If that fails or is aborted, it ends the parts and leaves their containers,
 * whose logs say why.
 * @throws Error with Docker's words and what to do, or the signal's reason.
 */
export async function composeUp(ports: StackPorts, signal: AbortSignal | undefined): Promise<StackEnv> {
  const starting = run('docker', ['compose', 'up', '--detach', '--wait', ...PARTS], {
    cwd: ROOT,
    env: {
      ...process.env,
      STACK_KAFKA_PORT: String(ports.kafka),
      STACK_REGISTRY_PORT: String(ports.registry),
      STACK_CLICKHOUSE_PORT: String(ports.clickhouse),
    },
    ...(signal && { signal }),
  });
  try {
    await starting;
  } catch (error) {
    // After an abort it may still start containers.
    await untilEnded(starting.child);
    await run('docker', ['compose', 'stop', ...PARTS], { cwd: ROOT }).catch(() => {});
    signal?.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`${said}\nSee \`docker compose logs\`, or do without Docker: QCC_STACK=native.`, { cause: error });
  }
  return {
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
    CLICKHOUSE_URL: `http://127.0.0.1:${ports.clickhouse}`,
  };
}

/** Whether any container of the three parts is there. */
export async function composeRuns(): Promise<boolean> {
  try {
    const { stdout } = await run('docker', ['compose', 'ps', '--quiet'], { cwd: ROOT });
    return stdout.trim() !== '';
  } catch {
    return false;
  }
}

/** Removes the containers, and with `delete` their volumes too; says whether any was there. */
export async function composeDown({ data }: { data: 'keep' | 'delete' }): Promise<boolean> {
  const wasUp = await composeRuns();
  await run('docker', ['compose', 'down', ...(data === 'delete' ? ['--volumes'] : [])], { cwd: ROOT });
  return wasUp;
}

async function untilEnded(child: ChildProcess): Promise<void> {
  const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  if (isRunning) await once(child, 'exit');
}
