/** The one stack of this checkout that stays up in the background, natively or by Docker. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StackKind } from './choose-stack.mjs';
import { composeDown, composeRuns, composeUp } from './docker.ts';
import { endProcess } from './end-process.ts';
import { endOrphans } from './orphans.ts';
import { DATA_DIR, LOG_DIR, RUN_DIR } from './places.ts';
import { commandLine } from './processes.ts';
import type { StackEnv, StackPorts } from './stack.ts';
import { tellWhile } from './tell-while.mjs';
import { otherUses, refuseWhileUsed, StackInUseError } from './uses.ts';

const SUPERVISOR = join(import.meta.dirname, 'supervisor.ts');
const STATE_FILE = join(RUN_DIR, 'stack.json');

/** Longer than the supervisor needs to stop its three parts, each of which is killed after six seconds. */
const SUPERVISOR_PATIENCE_MS = 25_000;

/** While the stack starts there is no `env` yet. */
type State = { kind: 'native'; pid: number; env?: StackEnv } | { kind: 'docker'; env?: StackEnv };

/** What the supervisor tells whoever started it. */
export type Report = { kind: 'progress'; line: string } | { kind: 'up' } | { kind: 'failed'; message: string };

type UpOptions = {
  /** Asked only if the stack has to be started. Its errors go to the caller. */
  chooseKind(): Promise<StackKind>;
  ports: StackPorts;
  signal?: AbortSignal;
  progress?(line: string): void;
};

/**
 * Brings the stack up, or finds it up; it outlives this process.
 * @returns the endpoints, and whether it was up already.
 * @throws Error that says why a part could not start; nothing is left running then, nor after an abort.
 * @throws StackInUseError if `npm start` has the data.
 */
export async function bringUp({
  chooseKind,
  ports,
  signal,
  progress,
}: UpOptions): Promise<{ env: StackEnv; wasUp: boolean }> {
  const running = await settledState({ read: readState, signal, progress });
  if (running?.env) return { env: running.env, wasUp: true };
  if (running) {
    throw new Error(
      'Docker runs parts of the stack: another start is under way, or was killed. Wait for it, or end it with `npm run stack -- --down`.',
    );
  }
  const starts = otherUses().filter(({ command }) => command === 'npm start');
  if (starts.length > 0) throw new StackInUseError('The stack is not brought up', starts);
  if ((await chooseKind()) === 'docker') {
    progress?.('starting Kafka, the schema registry and ClickHouse by Docker …');
    // Written before any container exists, so that `--down` also finds the containers of a start that was killed.
    writeState({ kind: 'docker' });
    const env = await tellWhile(composeUp(ports, signal), (elapsed) => progress?.(`  ${elapsed}: docker compose up`));
    writeState({ kind: 'docker', env });
    return { env, wasUp: false };
  }

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
  const env = (await readState())?.env;
  if (env === undefined) throw new Error(`the stack ended as soon as it was up; see ${LOG_DIR}`);
  return { env, wasUp: false };
}

/** The endpoints of the stack that is up in the background, if one is. */
export const runningStack = async (): Promise<StackEnv | undefined> => (await readState())?.env;

/**
 * Ends the stack and resolves when it is gone; says whether there was one.
 * @throws StackInUseError if another process uses it.
 */
export async function bringDown(progress?: (line: string) => void): Promise<boolean> {
  refuseWhileUsed('The stack is not ended');
  return await end({ data: 'keep', progress });
}

/**
 * Ends the stack and deletes what it stored; downloads and logs stay.
 * @throws StackInUseError if another process uses it; nothing is deleted then.
 */
export async function reset(progress?: (line: string) => void): Promise<void> {
  refuseWhileUsed('Nothing is deleted');
  await end({ data: 'delete', progress });
  rmSync(DATA_DIR, { recursive: true, force: true });
}

/** Docker keeps its data itself: to delete that of a stack that is not up, QCC_STACK has to say docker. */
async function end({
  data,
  progress,
}: {
  data: 'keep' | 'delete';
  progress: ((line: string) => void) | undefined;
}): Promise<boolean> {
  const running = await readState();
  if (running?.kind === 'docker' || (running === undefined && process.env.QCC_STACK === 'docker')) {
    const wasUp = await tellWhile(composeDown({ data }), (elapsed) => progress?.(`  ${elapsed}: docker compose down`));
    forgetState();
    return wasUp;
  }
  if (running) {
    const { pid } = running;
    // If the supervisor is killed, its parts become orphans; `endOrphans` ends them.
    await endProcess(pid, { isRunning: () => isSupervisor(pid), patienceMs: SUPERVISOR_PATIENCE_MS, progress });
  }
  const orphans = endOrphans();
  return running !== undefined || orphans > 0;
}

/** Notes which kind of stack this is, who the supervisor is and, once the stack is up, its endpoints. */
export function writeState(state: State): void {
  mkdirSync(RUN_DIR, { recursive: true });
  // Renamed into place: a reader never meets half a file.
  writeFileSync(`${STATE_FILE}.new`, JSON.stringify(state));
  renameSync(`${STATE_FILE}.new`, STATE_FILE);
}

export function forgetState(): void {
  rmSync(STATE_FILE, { force: true });
}

const isSupervisor = (pid: number): boolean => commandLine(pid).includes(SUPERVISOR);

async function readState(): Promise<State | undefined> {
  try {
    const state: State = JSON.parse(readFileSync(STATE_FILE, 'utf8'));
    const isUp = state.kind === 'docker' ? await composeRuns() : isSupervisor(state.pid);
    return isUp ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until a start by another process has finished, which may include a download, and returns the state. */
export async function settledState({
  read,
  signal,
  progress,
}: {
  read(): Promise<State | undefined>;
  signal?: AbortSignal | undefined;
  progress?: ((line: string) => void) | undefined;
}): Promise<State | undefined> {
  const first = await read();
  if (first === undefined || first.kind === 'docker' || first.env) return first;
  const { pid } = first;
  progress?.(`another start brings the stack up (process ${pid}) …`);
  const settled = async (): Promise<State | undefined> => {
    for (;;) {
      const state = await read();
      if (state === undefined || state.env) return state;
      await delay(100, undefined, signal && { signal });
    }
  };
  return await tellWhile(settled(), (elapsed) =>
    progress?.(`  ${elapsed}: process ${pid} brings the stack up; \`npm run stack -- --down\` ends it`),
  );
}
