import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { killChild, startChild } from '../stack/child.ts';
import { ROOT } from '../stack/places.ts';
import { type AdminPorts, type AnyServiceName, hasAlertRules, SERVICES, type ServiceName } from './admin-ports.mjs';
import { V8_FLAGS } from './v8-flags.ts';

export { type AdminPorts, type AnyServiceName, SERVICES, type ServiceName };

/**
 * Settings of the C library's allocator, the same as in the image (mallopt(3)). By default, the allocator returns freed memory to the
 * system at once only above a threshold. It raises this threshold to the size of the largest fetch, and it has an arena for each thread,
 * so freed memory stays resident.
 */
export const ALLOCATOR_ENV = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
} as const;

export type Services = AsyncDisposable & {
  readonly pids: Readonly<Record<ServiceName, number | undefined>>;
  /** Rejects with the first service that ends without having been told to; never resolves. */
  readonly failed: Promise<never>;
  /** Tells all to end, by force after eight seconds; resolves when they are gone. May be called again. */
  stop(): Promise<void>;
};

export class ServiceEndedError extends Error {
  override readonly name = 'ServiceEndedError';
  readonly exitCode: number;
  constructor(service: AnyServiceName, how: string, exitCode: number, logFile: string | undefined) {
    super(`${service} ended ${how}${logFile ? `${whyOf(service, logFile)} (log: ${logFile})` : ''}`);
    this.exitCode = exitCode;
  }
}

/** What the service itself said, where it could not start. */
function whyOf(service: AnyServiceName, logFile: string): string {
  const said = `${service} cannot start: `;
  const line = readFileSync(logFile, 'utf8')
    .split('\n')
    .findLast((candidate) => candidate.startsWith(said));
  return line ? `: ${line.slice(said.length)}` : '';
}

type Options = {
  env: Readonly<Record<string, string | undefined>>;
  /** Folder for one `SERVICE.log` each; without it their logs go to this process's streams. */
  logDir?: string;
  /** Other admin ports than the defaults: for a second set beside the first. */
  adminPorts?: AdminPorts;
  /** Of the alerter, a free one by default. */
  alerterPort?: number;
};

const GRACE_MS = 8_000;

/**
 * Starts the four services, and the alerter if it has rules. Each is a process in a separate process group, so a Ctrl-C does not reach it
 * and this process can end them in order. Each has an IPC channel whose end (`disconnect`) tells it that this process is gone.
 */
export function startServices({ env, logDir, adminPorts, alerterPort = 0 }: Options): Services {
  if (logDir) mkdirSync(logDir, { recursive: true });
  const names: readonly AnyServiceName[] = [...SERVICES, ...(hasAlertRules(env) ? (['alerter'] as const) : [])];
  const children = names.map((service) => {
    const logFile = logDir && join(logDir, `${service}.log`);
    const port = service === 'alerter' ? alerterPort : adminPorts?.[service];
    const child = startService(service, port === undefined ? env : { ...env, ADMIN_PORT: String(port) }, logFile);
    const ended = new Promise<ServiceEndedError>((resolve) => {
      child.once('error', (error) => resolve(new ServiceEndedError(service, error.message, 1, logFile)));
      child.once('exit', (code, signal) =>
        resolve(new ServiceEndedError(service, signal ? `by ${signal}` : `with exit code ${code}`, code || 1, logFile)),
      );
    });
    return { service, child, ended };
  });

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= Promise.all(children.map(({ child, ended }) => end(child, ended))).then(() => {});
    return stopping;
  };
  const failed = Promise.race(children.map(({ ended }) => ended)).then((error): Promise<never> => {
    // What ends because it was told to is no failure.
    return stopping ? new Promise(() => {}) : Promise.reject(error);
  });
  failed.catch(() => {});
  return {
    pids: Object.fromEntries(children.map(({ service, child }) => [service, child.pid])) as Services['pids'],
    failed,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function startService(service: AnyServiceName, env: Options['env'], logFile: string | undefined): ChildProcess {
  const output = logFile ? openSync(logFile, 'a') : 'inherit';
  const main = join(ROOT, 'services', service, 'src', 'main.ts');
  const child = startChild(process.execPath, [...process.execArgv, ...V8_FLAGS[service], main], {
    cwd: ROOT,
    env: { ...ALLOCATOR_ENV, ...env },
    stdio: ['ignore', output, output, 'ipc'],
    graceMs: GRACE_MS,
  });
  if (typeof output === 'number') closeSync(output);
  return child;
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => killChild(child), GRACE_MS);
  await ended;
  clearTimeout(force);
}
