import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChild } from '../../stack/child.ts';
import { type Part, startPart } from '../../stack/part.ts';
import { LOG_DIR } from '../../stack/places.ts';
import { ENGINE_DIR } from './places.ts';

/** It waits ten seconds for containers that do not end. */
const STOP_LIMIT_MS = 20_000;

export type PrivateEngine = AsyncDisposable & {
  /** As `DOCKER_HOST` takes it. */
  host: string;
  /** What a command begins with that runs in the engine's network. */
  enter: readonly string[];
};

/**
 * Starts a Docker engine with its own namespaces for mounts and processes: when it ends, its containers and mounts are gone, however it
 * ends. Its images stay in `.stack`, so the next one has them.
 *
 * For `building` it has the machine's network, and no network for containers: builds need `--network host`. For `running` it has a
 * network namespace of its own, so ports that containers publish, and rules of iptables, are there and not on the machine.
 * @throws Error if another command uses it; PartFailedError if it does not start
 */
export async function startPrivateEngine(purpose: 'building' | 'running'): Promise<PrivateEngine> {
  mkdirSync(ENGINE_DIR, { recursive: true });
  const socket = join(ENGINE_DIR, 'docker.sock');
  const host = `unix://${socket}`;
  const asks = () => runChild('/usr/bin/docker', ['version'], { env: { ...process.env, DOCKER_HOST: host } });
  const isUsed = await asks().then(
    () => true,
    () => false,
  );
  if (isUsed) throw new Error('another `npm run images` or `npm run containers` uses the engine of this folder');
  // Of one that was killed. Its number belongs to another namespace, so the engine cannot know that it is gone.
  const pidFile = join(ENGINE_DIR, 'dockerd.pid');
  rmSync(pidFile, { force: true });
  const places = [
    ...['-H', `unix://${socket}`, '--data-root', join(ENGINE_DIR, 'data')],
    ...['--exec-root', join(ENGINE_DIR, 'exec'), '--pidfile', pidFile],
  ];
  const withoutNetwork = [
    ...['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    '--bridge=none',
  ];
  const isRunning = purpose === 'running';
  const script = join(ENGINE_DIR, 'start.sh');
  writeFileSync(script, `${isRunning ? 'ip link set lo up\n' : ''}exec dockerd "$@"\n`);
  const daemon = await startPart({
    name: 'The Docker engine',
    dir: ENGINE_DIR,
    logFile: join(LOG_DIR, 'docker.log'),
    command: 'unshare',
    args: [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...(isRunning ? ['--net'] : [])],
      ...['sh', script, ...places, ...(isRunning ? [] : withoutNetwork)],
    ],
    cwd: ENGINE_DIR,
    endBy: 'SIGTERM',
    ready: async () => {
      await asks();
      return true;
    },
  });
  return {
    host,
    enter: isRunning ? ['nsenter', `--net=/proc/${daemon.pid}/ns/net`] : [],
    [Symbol.asyncDispose]: () => stop(daemon),
  };
}

/** A signal to `unshare` would kill the engine in the middle of what it writes. The engine itself ends in order, and `unshare` with it. */
async function stop(daemon: Part): Promise<void> {
  const [engine] = readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').split(' ');
  if (engine) process.kill(Number(engine), 'SIGTERM');
  await Promise.race([daemon.exited, sleep(STOP_LIMIT_MS)]);
  await daemon.stop();
}
