import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from '../../stack/child.ts';
import { type Part, PartFailedError, startPart } from '../../stack/part.ts';
import { LOG_DIR } from '../../stack/places.ts';
import { EngineMissingError } from './engine-missing.ts';
import { ENGINE_DIR } from './places.ts';

/** Whether an engine builds images, or runs containers as well. */
export type Purpose = 'building' | 'running';

export type PrivateEngine = AsyncDisposable & {
  /** As `DOCKER_HOST` takes it. */
  host: string;
  /** Command prefix of programs that run in the engine's network. */
  enter: readonly string[];
};

/** It waits ten seconds for containers that do not end. */
const STOP_LIMIT_MS = 20_000;

/** Sockets need a short path. */
const SOCKETS_DIR = `/run/qcc-engine-${createHash('sha256').update(ENGINE_DIR).digest('hex').slice(0, 8)}`;

/**
 * Starts a Docker engine with its own namespaces for mounts and processes: when it ends, its containers and mounts are gone, however it
 * ends. Its images stay in `.stack`, so the next one has them.
 *
 * For `building` it has the machine's network, and no network for containers: builds need `--network host`. For `running` it has a
 * network namespace of its own, so ports that containers publish, and rules of iptables, are there and not on the machine.
 * @throws Error if another command uses it; EngineMissingError if it does not start
 */
export async function startPrivateEngine(purpose: Purpose): Promise<PrivateEngine> {
  const host = `unix://${join(SOCKETS_DIR, 'docker.sock')}`;
  const asks = () =>
    runChild('/usr/bin/docker', ['version'], {
      env: { ...process.env, DOCKER_HOST: host },
      signal: AbortSignal.timeout(10_000),
    });
  const isUsed = await asks().then(
    () => true,
    () => false,
  );
  if (isUsed) throw new Error('another `npm run images` or `npm run containers` uses the engine of this folder');
  const data = join(ENGINE_DIR, 'data');
  // A killed engine leaves these: pids of another namespace, and containers and networks that the next one would start again.
  for (const left of [SOCKETS_DIR, join(data, 'containers'), join(data, 'network')])
    rmSync(left, { recursive: true, force: true });
  for (const folder of [SOCKETS_DIR, data]) mkdirSync(folder, { recursive: true });

  const config = join(SOCKETS_DIR, 'daemon.json');
  writeFileSync(config, '{}');
  const options = [
    ...['-H', host, '--data-root', data, '--exec-root', join(SOCKETS_DIR, 'exec')],
    // Not those of the machine: its configuration, its containerd, and systemd, which does not know the processes of a namespace.
    ...['--pidfile', join(SOCKETS_DIR, 'dockerd.pid'), '--config-file', config],
    ...['--exec-opt', 'native.cgroupdriver=cgroupfs'],
  ];
  const withoutNetwork = [
    ...['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    '--bridge=none',
  ];
  const isRunning = purpose === 'running';
  const script = join(SOCKETS_DIR, 'start.sh');
  const lines = [
    'mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd || exit 1',
    ...(isRunning ? ['ip link set lo up || exit 1'] : []),
    'exec dockerd "$@"',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  const daemon = await startPart({
    name: 'The Docker engine',
    dir: ENGINE_DIR,
    logFile: join(LOG_DIR, 'docker.log'),
    command: 'unshare',
    args: [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...(isRunning ? ['--net'] : [])],
      ...['sh', script, ...options, ...(isRunning ? [] : withoutNetwork)],
    ],
    cwd: ENGINE_DIR,
    endBy: 'SIGTERM',
    ready: async () => {
      await asks();
      return true;
    },
  }).catch((cause: unknown) => {
    if (!(cause instanceof PartFailedError)) throw cause;
    throw new EngineMissingError(`A Docker engine is installed, and does not start: ${cause.message}`, { cause });
  });
  return {
    host,
    enter: isRunning ? ['nsenter', `--net=/proc/${daemon.pid}/ns/net`] : [],
    async [Symbol.asyncDispose]() {
      await stop(daemon);
      rmSync(SOCKETS_DIR, { recursive: true, force: true });
    },
  };
}

/** `unshare` ignores the signal and ends with the engine, which ends in order. */
async function stop(daemon: Part): Promise<void> {
  try {
    process.kill(-daemon.pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
  await Promise.race([daemon.exited, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
  await daemon.stop();
}
