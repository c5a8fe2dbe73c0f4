import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { forgetProcess, rememberProcess } from './orphans.ts';

type Options = Omit<SpawnOptions, 'detached' | 'signal' | 'timeout'> & {
  /** How long the child may take to end after SIGTERM if this process disappears. Default: it is killed at once. */
  graceMs?: number;
};

/** The exit code of a shell whose program does not exist (POSIX, "exec"). */
export const NOT_FOUND = 127;

/**
 * Starts a process that ends when this one ends, however that happens. It leads its own process group: a Ctrl-C does not
 * reach it, and `killChild` ends its descendants too.
 *
 * The child starts as a shell, which executes the program once this process has recorded the child. If this process is killed before
 * that, the shell ends. A program that does not exist ends with `NOT_FOUND`.
 */
export function startChild(
  command: string,
  args: readonly string[],
  { graceMs = 0, stdio, ...options }: Options = {},
): ChildProcess {
  const streams = Array.isArray(stdio) ? stdio : Array<typeof stdio>(3).fill(stdio);
  const gate = streams.length;
  const waitAndRun = `read -r _ <&${gate} && exec "$0" "$@" ${gate}<&-`;
  const child = spawn('/bin/sh', ['-c', waitAndRun, command, ...args], {
    ...options,
    stdio: [...streams, 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) {
    rememberProcess(pid, { graceMs });
    child.once('exit', () => forgetProcess(pid));
  }
  const opened = child.stdio[gate];
  // The child may have been killed.
  if (opened instanceof Writable) opened.on('error', () => {}).end('\n');
  return child;
}

/** Kills the child and its descendants at once, also if they are stopped. */
export function killChild({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

export class ChildFailedError extends Error {
  override readonly name = 'ChildFailedError';
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or the signal that ended it. */
  readonly ending: number | NodeJS.Signals;
  constructor(
    command: string,
    ending: number | NodeJS.Signals,
    { stdout, stderr }: { stdout: string; stderr: string },
  ) {
    const how = typeof ending === 'number' ? `ended with exit code ${ending}` : `was ended by ${ending}`;
    super([`${command} ${how}`, lastLines(stderr)].filter(Boolean).join(':\n'));
    this.stdout = stdout;
    this.stderr = stderr;
    this.ending = ending;
  }
}

/**
 * Runs a program to its end.
 * @returns what it printed.
 * @throws ChildFailedError if it fails or does not exist; the signal's reason if that aborts.
 * The program and its descendants are gone then.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  {
    signal,
    onStart,
    ...options
  }: Pick<SpawnOptions, 'cwd' | 'env'> & { signal?: AbortSignal | undefined; onStart?(pid: number): void } = {},
): Promise<{ stdout: string; stderr: string }> {
  signal?.throwIfAborted();
  const child = startChild(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) onStart?.(child.pid);
  const kill = () => killChild(child);
  signal?.addEventListener('abort', kill);
  const ended = new Promise<Error | number | NodeJS.Signals>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, by) => resolve(by ?? code ?? 1));
  });
  const [ending, stdout, stderr] = await Promise.all([ended, text(child.stdout!), text(child.stderr!)]);
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (ending instanceof Error) throw ending;
  if (ending !== 0) throw new ChildFailedError(command, ending, { stdout, stderr });
  return { stdout, stderr };
}

const lastLines = (said: string): string => said.trimEnd().split('\n').slice(-5).join('\n');
