import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALLOCATOR_ENV, SERVICES, type ServiceName } from '../../scripts/run-services.ts';
import { V8_FLAGS } from '../../scripts/v8-flags.ts';
import { killChild, startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { steadyPort } from '../../stack/ports.ts';
import { PATIENCE } from './patience.ts';
import type { TestBed } from './pipeline.ts';
import { readMetric } from './read-metric.ts';

/** One process of a service. */
export type Instance = AsyncDisposable & {
  service: ServiceName;
  pid: number;
  logFile: string;
  /** The signal that ended it, or its exit code. */
  ended: Promise<NodeJS.Signals | number>;
  /** Resolves when it says on `/readyz` that it is ready. @throws Error when it ended instead, or after too long. */
  ready(): Promise<void>;
  /** What `/readyz` says now: empty when ready. */
  problems(): Promise<string>;
  /** The value of a series on `/metrics`, summed over those whose labels hold all that are given; 0 where there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  kill(signal: NodeJS.Signals): void;
};

export type Fleet = AsyncDisposable & {
  start(service: ServiceName, env?: Record<string, string>): Promise<Instance>;
  /** One instance of each service, ready. */
  startAll(env?: Record<string, string>): Promise<Record<ServiceName, Instance>>;
  /** Those that have not ended. */
  running(): readonly Instance[];
  /** Asks all to end, as an orchestrator does; resolves when they are gone. */
  stopAll(): Promise<void>;
  /** Lines in the logs of all instances, ended ones too, that hold the text. */
  countInLogs(text: string): number;
  /** Largest resident set that any instance of a service has been seen with, in MiB. */
  peakMemory(): Record<ServiceName, number>;
  /** Forgets what was seen so far. */
  resetPeakMemory(): void;
};

const SAMPLE_MS = 500;
const READY_LIMIT_MS = PATIENCE.timeout;

/** The file that starts a service as its image does. */
const mainOf = (service: ServiceName): string => join(ROOT, 'services', service, 'src', 'main.ts');

/** @param rootOf The file that starts a service. Tests name their own composition roots. Instances that run at the end are killed. */
export function openFleet(bed: TestBed, rootOf: (service: ServiceName) => string = mainOf): Fleet {
  const running = new Set<Instance>();
  const peaks = Object.fromEntries(SERVICES.map((service) => [service, 0])) as Record<ServiceName, number>;
  const note = ({ service, pid }: Instance): void => {
    peaks[service] = Math.max(peaks[service], peakMiB(pid));
  };
  // What ends takes its peak along, so it is looked at in between.
  const sampler = setInterval(() => running.forEach(note), SAMPLE_MS);
  const logDir = join(bed.folder, 'logs');
  const logFiles = new Set<string>();
  mkdirSync(logDir, { recursive: true });

  const fleet: Fleet = {
    async start(service, env = {}) {
      const adminPort = await steadyPort();
      const logFile = join(logDir, `${service}-${adminPort}.log`);
      const log = openSync(logFile, 'a');
      logFiles.add(logFile);
      const child = startChild(process.execPath, [...process.execArgv, ...V8_FLAGS[service], rootOf(service)], {
        cwd: ROOT,
        env: { PATH: process.env.PATH, ...ALLOCATOR_ENV, ...bed.env, ADMIN_PORT: String(adminPort), ...env },
        stdio: ['ignore', log, log, 'ipc'],
      });
      closeSync(log);
      const { pid } = child;
      if (pid === undefined) throw new Error(`${service} could not be started`);
      const ended = new Promise<NodeJS.Signals | number>((resolve) => {
        child.once('exit', (code, signal) => resolve(signal ?? code ?? 1));
      });
      const problems = async () => {
        try {
          const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`, { signal: AbortSignal.timeout(2_000) });
          return response.ok ? '' : await response.text();
        } catch (error) {
          return String(error);
        }
      };
      const instance: Instance = {
        service,
        pid,
        logFile,
        ended,
        problems,
        metric: async (name, labels = {}) => readMetric(adminPort, name, labels),
        async ready() {
          const deadline = Date.now() + READY_LIMIT_MS;
          let over = false;
          void ended.then(() => {
            over = true;
          });
          for (let said = 'starting'; said !== ''; said = await problems()) {
            if (over || Date.now() > deadline) throw new Error(`${service} is not ready: ${said}\n${tail(logFile)}`);
            await sleep(100);
          }
        },
        kill: (signal) => void child.kill(signal),
        async [Symbol.asyncDispose]() {
          killChild(child);
          await ended;
        },
      };
      running.add(instance);
      void ended.then(() => running.delete(instance));
      return instance;
    },
    async startAll(env) {
      const instances = await Promise.all(SERVICES.map((service) => fleet.start(service, env)));
      await Promise.all(instances.map((instance) => instance.ready()));
      return Object.fromEntries(instances.map((instance) => [instance.service, instance])) as Record<
        ServiceName,
        Instance
      >;
    },
    running: () => [...running],
    async stopAll() {
      const ending = [...running];
      for (const instance of ending) instance.kill('SIGTERM');
      await Promise.all(ending.map(({ ended }) => ended));
    },
    countInLogs: (text) =>
      [...logFiles].flatMap((file) => readFileSync(file, 'utf8').split('\n')).filter((line) => line.includes(text))
        .length,
    peakMemory() {
      running.forEach(note);
      return { ...peaks };
    },
    resetPeakMemory() {
      for (const { pid } of running) forgetPeak(pid);
      for (const service of SERVICES) peaks[service] = 0;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sampler);
      await Promise.all([...running].map((instance) => instance[Symbol.asyncDispose]()));
    },
  };
  return fleet;
}

/** The largest resident set since it was last forgotten, as the system counts it; 0 where that does not tell. */
function peakMiB(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Math.round(Number(line?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}

function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // It has ended, or the system keeps no peaks.
  }
}

const tail = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
