import { runChild } from '../../stack/child.ts';
import { addCompose } from './compose-plugin.ts';
import { installEngine } from './install-engine.ts';
import { CONFIG_DIR } from './places.ts';
import { startPrivateEngine } from './private-engine.ts';

/** A Docker engine with compose. */
export type Engine = AsyncDisposable & {
  /** For every program that uses the engine. */
  env: NodeJS.ProcessEnv;
  /** Whether it can pull images and has networks of this machine. Otherwise it is an engine of this run: see `startPrivateEngine`. */
  isOfMachine: boolean;
  /** What a program's command begins with if it connects to ports that containers publish. */
  enter: readonly string[];
  /** Runs `docker` with arguments. @returns what it printed. @throws ChildFailedError */
  docker(args: readonly string[], options?: { cwd?: string; env?: NodeJS.ProcessEnv }): Promise<string>;
};

/**
 * Opens the engine of this machine if one answers. Otherwise it starts one of its own, which ends with this process, and installs what
 * that needs: Debian's packages `docker.io` and `iptables`, and for `running` compose, built with Go.
 * @param purpose Such an engine reaches the package registries only for `building`, and has networks for containers only for `running`.
 * @throws EngineMissingError that says what is missing
 */
export async function openEngine(purpose: 'building' | 'running', say: (line: string) => void): Promise<Engine> {
  if (await answers(purpose)) {
    return {
      ...engineOf(process.env, 'docker'),
      isOfMachine: true,
      enter: [],
      [Symbol.asyncDispose]: async () => {},
    };
  }
  await installEngine(say);
  if (purpose === 'running') await addCompose(say);
  const daemon = await startPrivateEngine(purpose);
  const env = { ...process.env, DOCKER_HOST: daemon.host, DOCKER_CONFIG: CONFIG_DIR, DOCKER_BUILDKIT: '1' };
  // Debian's program builds with BuildKit by itself. Another one that comes first in PATH may need a plugin for that.
  const path = { ...env, PATH: `/usr/bin:${process.env.PATH}` };
  return {
    ...engineOf(path, '/usr/bin/docker'),
    isOfMachine: false,
    enter: daemon.enter,
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

const engineOf = (env: NodeJS.ProcessEnv, program: string): Pick<Engine, 'env' | 'docker'> => ({
  env,
  async docker(args, options = {}) {
    const { stdout } = await runChild(program, args, { cwd: options.cwd, env: { ...env, ...options.env } });
    return stdout;
  },
});

async function answers(purpose: 'building' | 'running'): Promise<boolean> {
  try {
    await runChild('docker', ['info'], { signal: AbortSignal.timeout(10_000) });
    if (purpose === 'running') await runChild('docker', ['compose', 'version']);
    return true;
  } catch {
    return false;
  }
}
