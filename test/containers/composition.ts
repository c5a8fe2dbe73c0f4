import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../../stack/places.ts';
import type { Engine } from './engine.ts';

/** The account of the simulated day. */
export const ACCOUNT = 'simulator';

/** Everything of `docker-compose.yml` with the simulator, under a name of its own. */
export type Composition = AsyncDisposable & {
  compose(...args: readonly string[]): Promise<string>;
  /** What a program that reads the settings of the services needs. */
  env: NodeJS.ProcessEnv;
};

const STAND_INS = 'test/containers/stand-ins/docker-compose.yml';

/** The compose files for this engine, as `COMPOSE_FILE` takes them. */
export const composeFiles = (engine: Pick<Engine, 'isOfMachine'>): string =>
  ['docker-compose.yml', ...(engine.isOfMachine ? [] : [STAND_INS])].map((file) => join(ROOT, file)).join(':');

/** Nothing is started yet. When it is disposed, containers and volumes are removed. */
export function openComposition(engine: Engine): Composition {
  const env = {
    ...engine.env,
    COMPOSE_FILE: composeFiles(engine),
    COMPOSE_PROJECT_NAME: 'qcc-pipeline-day',
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
  };
  const compose = (...args: readonly string[]) =>
    engine.docker(['compose', '--profile', 'simulator', ...args], { cwd: ROOT, env });
  return {
    env,
    compose,
    async [Symbol.asyncDispose]() {
      await compose('down', '--volumes', '--timeout', '10');
    },
  };
}

const container = z.object({
  Name: z.string(),
  State: z.object({ Health: z.object({ Status: z.string() }).optional() }),
  Config: z.object({ User: z.string(), Image: z.string() }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean(),
    CapDrop: z.array(z.string()).nullable(),
    SecurityOpt: z.array(z.string()).nullable(),
    Memory: z.number(),
    PidsLimit: z.number().nullable(),
  }),
});

/** What one container of ours may do and use, as the engine enforces it. */
export type ContainerLimits = z.output<typeof container>;

/** Of the containers of the composition, by the service's name. */
export async function readContainers(engine: Engine, { compose }: Composition, services: readonly string[]) {
  const found = new Map<string, ContainerLimits>();
  for (const service of services) {
    const id = (await compose('ps', '--quiet', service)).trim();
    found.set(service, z.tuple([container]).parse(JSON.parse(await engine.docker(['inspect', id])))[0]);
  }
  return found;
}
