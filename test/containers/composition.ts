import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../../stack/places.ts';
import type { Engine } from './engine.ts';

/** The account of the simulated day. */
export const ACCOUNT = 'simulator';

/** All of `docker-compose.yml` with the simulator, as a separate project. */
export type Composition = AsyncDisposable & {
  compose(...args: readonly string[]): Promise<string>;
  /** Environment of the containers, and of programs that read the services' settings. */
  env: NodeJS.ProcessEnv;
};

const STAND_INS = 'test/containers/stand-ins/docker-compose.yml';
const ONCE = 'test/containers/once.docker-compose.yml';

const joined = (...files: readonly string[]): string => files.map((file) => join(ROOT, file)).join(':');

/** The compose files of the parts for this engine, as `COMPOSE_FILE` takes them. */
export const composeFiles = ({ kind }: Pick<Engine, 'kind'>): string =>
  joined('docker-compose.yml', ...(kind === 'own' ? [STAND_INS] : []));

/**
 * Removes what a killed run of this folder left, and starts nothing. When it is disposed, its containers and volumes are removed.
 * @param signal ends what it does
 */
export async function openComposition(engine: Engine, signal: AbortSignal): Promise<Composition> {
  const env = {
    ...engine.env,
    COMPOSE_FILE: `${composeFiles(engine)}:${joined(ONCE)}`,
    COMPOSE_PROJECT_NAME: `qcc-day-${createHash('sha256').update(ROOT).digest('hex').slice(0, 8)}`,
    COMPOSE_PROFILES: 'simulator,tool,alerts',
    ACCOUNT,
    QCC_KEY: 'simulator-key',
    QCC_SECRET_KEY: 'simulator-secret',
    QCC_BASE_URL: 'http://simulator:8090/api/dd_corp_monitor',
    QCC_DOWNLOAD_HOSTS: 'simulator:8090',
    QCC_ALLOW_PRIVATE_HOSTS: 'true',
    SEALING_KEY: randomBytes(32).toString('base64'),
    // One order of the day is known from the list only.
    RECONCILE_INTERVAL_MS: '2000',
    CALLBACK_PATIENCE_MS: '10000',
    DETAIL_RATE_PER_SECOND: '500',
    DETAIL_DAILY_BUDGET: '1000000',
    ALERT_RULES_FILE: join(ROOT, 'test/containers/alert-rules.yaml'),
    ALERT_SECRETS: JSON.stringify({
      'stand-in': { url: 'http://alert-stand-in:9105/', secret: `whsec_${randomBytes(24).toString('base64')}` },
    }),
    ALERT_HOSTS: 'alert-stand-in',
    ALERT_ALLOW_PLAINTEXT: 'true',
  };
  const run = (args: readonly string[], options: { signal?: AbortSignal } = {}) =>
    engine.docker(['compose', ...args], { cwd: ROOT, env, ...options });
  const remove = () => run(['down', '--volumes', '--remove-orphans', '--timeout', '10']);
  await remove();
  return {
    env,
    compose: (...args) => run(args, { signal }),
    async [Symbol.asyncDispose]() {
      await remove();
    },
  };
}

const container = z.object({
  State: z.object({ Health: z.object({ Status: z.string() }).optional() }),
  Config: z.object({ User: z.string() }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean(),
    CapDrop: z.array(z.string()).nullable(),
    SecurityOpt: z.array(z.string()).nullable(),
    Memory: z.number(),
    PidsLimit: z.number().nullable(),
  }),
});

/** Limits of one container, as the engine enforces them. */
export type ContainerLimits = z.output<typeof container>;

/** Reads the limits of containers, by service name. */
export async function readContainers(
  engine: Engine,
  { compose }: Composition,
  services: readonly string[],
): Promise<Map<string, ContainerLimits>> {
  const found = new Map<string, ContainerLimits>();
  for (const service of services) {
    const id = (await compose('ps', '--quiet', service)).trim();
    found.set(service, z.tuple([container]).parse(JSON.parse(await engine.docker(['inspect', id])))[0]);
  }
  return found;
}
