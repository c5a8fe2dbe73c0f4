/** The one stack of this checkout that stays up in the background: by compose where a Docker engine answers, else native. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { composeDown, composeUp, dockerAnswers } from './docker.ts';
import { endOrphans } from './orphans.ts';
import { DATA_DIR, LOG_DIR, RUN_DIR } from './places.ts';
import { commandLine } from './processes.ts';
import type { StackEnv, StackPorts } from './stack.ts';

const SUPERVISOR = join(import.meta.dirname, 'supervisor.ts');
const STATE_FILE = join(RUN_DIR, 'stack.json');

/** While the stack starts there is no `env` yet. */
type State = { pid: number; env?: StackEnv };

/** What the supervisor tells whoever started it. */
export type Report = { kind: 'progress'; line: string } | { kind: 'up' } | { kind: 'failed'; message: string };

type UpOptions = { ports: StackPorts; signal?: AbortSignal; progress?(line: string): void };

/**
 * Brings the stack up, or finds it up; it outlives this process.
 * @returns the endpoints, and whether it was up already.
 * @throws Error that says why a part could not start; nothing is left running then, nor after an abort.
 */
export async function bringUp({ ports, signal, progress }: UpOptions): Promise<{ env: StackEnv; wasUp: boolean }> {
  if (await usesDocker()) return { env: await composeUp(ports, signal), wasUp: false };
  const running = await settledState(signal);
  if (running?.env) return { env: running.env, wasUp: true };

  progress?.('starting Kafka, the schema registry and ClickHouse …');
  mkdirSync(LOG_DIR, { recursive: true });
  const log = openSync(join(LOG_DIR, 'supervisor.log'), 'a');
  const supervisor = fork(SUPERVISOR, [JSON.stringify(ports)], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const gone = once(supervisor, 'exit');
  const abort = (): boolean => supervisor.kill('SIGTERM');
  signal?.addEventListener('abort', abort);
  try {
    await new Promise<void>((resolve, reject) => {
      supervisor.on('message', (report: Report) => {
        if (report.kind === 'progress') progress?.(report.line);
        else if (report.kind === 'up') resolve();
        else reject(new Error(report.message));
      });
      supervisor.once('exit', () => reject(new Error(`the stack's supervisor ended early; see ${LOG_DIR}`)));
    });
  } catch (error) {
    await gone;
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  supervisor.disconnect();
  supervisor.unref();
  const env = readState()?.env;
  if (env === undefined) throw new Error(`the stack ended as soon as it was up; see ${LOG_DIR}`);
  return { env, wasUp: false };
}

/** The endpoints of the native stack that is up in the background, if one is. */
export const runningStack = (): StackEnv | undefined => readState()?.env;

/** Ends the stack and resolves when it is gone; says whether there was one. */
export async function bringDown(): Promise<boolean> {
  if (await usesDocker()) return composeDown({ data: 'keep' });
  const running = readState();
  if (running) {
    process.kill(running.pid, 'SIGTERM');
    while (isSupervisor(running.pid)) await delay(50);
  }
  const orphans = endOrphans();
  return running !== undefined || orphans > 0;
}

/** Ends the stack and deletes what it stored; downloads and logs stay. */
export async function reset(): Promise<void> {
  if (await usesDocker()) await composeDown({ data: 'delete' });
  else await bringDown();
  rmSync(DATA_DIR, { recursive: true, force: true });
}

/** Notes who the supervisor is and, once the stack is up, its endpoints. */
export function writeState(state: State): void {
  mkdirSync(RUN_DIR, { recursive: true });
  // Renamed into place: a reader never meets half a file.
  writeFileSync(`${STATE_FILE}.new`, JSON.stringify(state));
  renameSync(`${STATE_FILE}.new`, STATE_FILE);
}

export function forgetState(): void {
  rmSync(STATE_FILE, { force: true });
}

/** Whether the local stack is made by compose here. */
export const usesDocker = async (): Promise<boolean> => process.env.QCC_STACK !== 'native' && (await dockerAnswers());

const isSupervisor = (pid: number): boolean => commandLine(pid).includes(SUPERVISOR);

function readState(): State | undefined {
  try {
    const state: State = JSON.parse(readFileSync(STATE_FILE, 'utf8'));
    return isSupervisor(state.pid) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** The state once a start that somebody else began has come to its end. */
async function settledState(signal: AbortSignal | undefined): Promise<State | undefined> {
  for (;;) {
    const state = readState();
    if (state === undefined || state.env) return state;
    await delay(100, undefined, signal && { signal });
  }
}
