import { runChild } from '../../stack/child.ts';
import { addCompose } from './compose-plugin.ts';
import { EngineMissingError } from './engine-missing.ts';
import { installEngine } from './install-engine.ts';
import { CONFIG_DIR } from './places.ts';
import { type Purpose, startPrivateEngine } from './private-engine.ts';

/** The engine of this machine, which can pull images, or one that this command starts for itself. */
export type EngineKind = 'machine' | 'own';

/** A Docker engine. */
export type Engine = AsyncDisposable & {
  kind: EngineKind;
  /** For every program that uses the engine. Of the settings of this process, it has only those that such programs need. */
  env: NodeJS.ProcessEnv;
  /** Command prefix for programs that connect to published ports. */
  enter: readonly string[];
  /** Runs `docker` with arguments. @returns what it printed. @throws ChildFailedError */
  docker(
    args: readonly string[],
    options?: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal },
  ): Promise<string>;
};

/**
 * Chooses the engine. `QCC_ENGINE` is `machine` or `own`. Without it, the machine's engine is used if one answers. Otherwise everything
 * that an own engine needs is installed: packages of Debian, and for `running` compose, built with Go.
 * @throws EngineMissingError that says what is missing
 */
export async function chooseEngine(purpose: Purpose, say: (line: string) => void): Promise<EngineKind> {
  const asked = process.env.QCC_ENGINE;
  if (asked !== undefined && asked !== 'machine' && asked !== 'own')
    throw new Error(`QCC_ENGINE must be machine or own, not ${JSON.stringify(asked)}`);
  if (asked !== 'own') {
    const problem = await problemOfMachine(purpose);
    if (problem === undefined) return 'machine';
    if (asked === 'machine') throw new EngineMissingError(`QCC_ENGINE is machine, and ${problem}`);
  }
  await installEngine(say);
  if (purpose === 'running') await addCompose(say);
  return 'own';
}

async function problemOfMachine(purpose: Purpose): Promise<string | undefined> {
  if (purpose === 'running' && /^(tcp|ssh|https?):/.test(process.env.DOCKER_HOST ?? ''))
    return 'DOCKER_HOST names another machine, where published ports would be';
  try {
    await runChild('docker', ['info'], { signal: AbortSignal.timeout(10_000) });
  } catch {
    return 'no Docker engine answers';
  }
  if (purpose === 'building') return undefined;
  return await runChild('docker', ['compose', 'version']).then(
    () => undefined,
    () => '`docker compose` is missing',
  );
}

/**
 * Opens the chosen engine. An own engine ends with this process. It reaches the package registries only for `building`, and its
 * containers have networks only for `running`.
 */
export async function openEngine(kind: EngineKind, purpose: Purpose): Promise<Engine> {
  const given = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(given), COMPOSE_DISABLE_ENV_FILE: '1' };
  if (kind === 'machine')
    return { kind, env, enter: [], docker: dockerWith('docker', env), [Symbol.asyncDispose]: async () => {} };
  const daemon = await startPrivateEngine(purpose);
  const ofOwn = {
    ...env,
    DOCKER_HOST: daemon.host,
    DOCKER_CONFIG: CONFIG_DIR,
    DOCKER_BUILDKIT: '1',
    // Debian's program builds with BuildKit by itself. Another one that comes first in PATH may need a plugin for that.
    PATH: `/usr/bin:${process.env.PATH}`,
  };
  return {
    kind,
    env: ofOwn,
    enter: daemon.enter,
    docker: dockerWith('/usr/bin/docker', ofOwn),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

/** Settings of services, such as a real evidence store, must not reach the containers of a test. */
const PASSED_ON =
  /^(PATH|HOME|USER|TMPDIR|LANG|TZ|DOCKER_\w+|BUILDX_\w+|BUILDKIT_\w+|(NO|HTTPS?)_PROXY|(no|https?)_proxy)$/;

const dockerWith =
  (program: string, env: NodeJS.ProcessEnv): Engine['docker'] =>
  async (args, options = {}) => {
    const { cwd, signal } = options;
    const { stdout } = await runChild(program, args, { cwd, signal, env: { ...env, ...options.env } });
    return stdout;
  };
