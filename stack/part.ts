import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killChild, startChild } from './child.ts';
import { runningProcess } from './processes.ts';

/** One running server of the local stack. */
export type Part = AsyncDisposable & {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** How the process ended, once it has; never rejects. */
  readonly exited: Promise<string>;
  /** Ends the process, by force after a few seconds; resolves when it is gone. May be called again. */
  stop(): Promise<void>;
};

/** What every starter of a part takes. */
export type PartOptions = {
  /** Folder of the part's data; made when missing, kept for the next start. Absolute. */
  dir: string;
  /** Loopback port of the part. */
  port: number;
  /** File its output is appended to. */
  logFile: string;
  /** Told when the part begins something long; the function says what it does now, as in `Kafka is fetched, 41 MB`. */
  onStep?(step: () => string): void;
  /** Aborting it while the part starts ends the part and rejects the start. */
  signal?: AbortSignal;
};

type Launch = Omit<PartOptions, 'port' | 'onStep'> & {
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env?: Record<string, string>;
  /** Whether the part really answers; throwing means not yet. */
  ready(): Promise<boolean>;
  endBy: 'SIGTERM' | 'closing stdin';
};

/** Long enough for two busy cores. If a part ends early, the start fails at once. */
const READY_WITHIN_MS = 240_000;
const POLL_MS = 100;
const GRACE_MS = 6_000;

export class PartFailedError extends Error {
  override readonly name = 'PartFailedError';
  constructor(part: string, what: string, logFile: string) {
    super(`${part} ${what}; the end of ${logFile}:\n${tail(logFile)}`);
  }
}

/**
 * Starts a server that a Ctrl-C does not reach, so that its starter can stop the parts in order. Resolves once it is ready.
 * @throws PartFailedError when it ends early or is not ready in time; nothing is left running then.
 */
export async function startPart(launch: Launch): Promise<Part> {
  launch.signal?.throwIfAborted();
  mkdirSync(launch.dir, { recursive: true });
  mkdirSync(dirname(launch.logFile), { recursive: true });
  const log = openSync(launch.logFile, 'a');
  const child = startChild(launch.command, launch.args, {
    cwd: launch.cwd,
    env: { ...process.env, ...launch.env },
    stdio: [launch.endBy === 'closing stdin' ? 'pipe' : 'ignore', log, log],
  });
  closeSync(log);

  let alive = true;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`));
  }).then((ending) => {
    alive = false;
    return ending;
  });
  if (child.pid === undefined) throw new PartFailedError(launch.name, await exited, launch.logFile);

  let stopping: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    if (!alive) return;
    if (launch.endBy === 'SIGTERM') child.kill('SIGTERM');
    else child.stdin?.destroy();
    const force = setTimeout(() => killChild(child), GRACE_MS);
    await exited;
    clearTimeout(force);
  };
  const stop = (): Promise<void> => {
    stopping ??= end();
    return stopping;
  };

  const { pid } = child;
  /** Asks the system, which knows that a process ended before this process gets the event. */
  const runs = (): boolean => alive && runningProcess(pid) !== undefined;
  const deadline = Date.now() + READY_WITHIN_MS;
  try {
    while (!(await launch.ready().catch(() => false)) || !runs()) {
      if (!alive) throw new PartFailedError(launch.name, await exited, launch.logFile);
      if (Date.now() > deadline) {
        throw new PartFailedError(launch.name, `is not ready after ${READY_WITHIN_MS / 1000} s`, launch.logFile);
      }
      await Promise.race([delay(POLL_MS, undefined, launch.signal && { signal: launch.signal }), exited]);
    }
  } catch (error) {
    await stop();
    launch.signal?.throwIfAborted();
    throw error;
  }
  return { name: launch.name, pid, logFile: launch.logFile, exited, stop, [Symbol.asyncDispose]: stop };
}

function tail(file: string, lines = 15): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
