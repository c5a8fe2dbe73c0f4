import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_SERVICES, adminPorts, alerterPort } from '../../scripts/admin-ports.mjs';
import { ChildFailedError } from '../../stack/child.ts';
import { ROOT } from '../../stack/places.ts';
import { tellWhile } from '../../stack/tell-while.mjs';
import { BARE_BASE, makeBaseImages, NODE_BASE } from './base-images.ts';
import type { Engine } from './engine.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** An image of this project. */
export type ProjectImage = {
  /** Also the service's name in docker-compose.yml. */
  name: string;
  tag: string;
  /** The workspace whose production packages it holds. */
  workspace: string;
  dockerfile: string;
  target?: string;
  args: Readonly<Record<string, string>>;
};

const ADMIN_PORTS = { ...adminPorts(undefined), alerter: alerterPort(undefined) };

const SERVICE_IMAGES = ALL_SERVICES.map((name): Omit<ProjectImage, 'tag'> => {
  const args = { SERVICE: name, ADMIN_PORT: String(ADMIN_PORTS[name]) };
  return { name, workspace: name, dockerfile: 'services/Dockerfile', target: name, args };
});

/** The services, the operator's tool and the simulator. */
export const PROJECT_IMAGES: readonly ProjectImage[] = [
  ...SERVICE_IMAGES,
  { name: 'qcc', workspace: 'qcc-cli', dockerfile: 'services/Dockerfile', target: 'qcc', args: { SERVICE: 'qcc-cli' } },
  { name: 'simulator', workspace: 'qcc-simulator', dockerfile: 'test/qcc-simulator/Dockerfile', args: {} },
].map((image) => ({ ...image, tag: `qcc-pipeline/${image.name}:${version}` }));

/** Lines of a failed build that are shown: its own end, and before it what a step printed. */
const SHOWN_LINES = 40;

/**
 * Builds all images for this machine's platform. An own engine gets base images first; for the machine's engine, `NODE_IMAGE` and
 * `BASE_IMAGE` in the environment replace the bases.
 * @throws Error with the last lines of the build
 */
export async function buildImages(engine: Engine, say: (line: string) => void): Promise<void> {
  const isOwn = engine.kind === 'own';
  if (isOwn) await makeBaseImages(engine, say);
  const local = isOwn
    ? [...argument('NODE_IMAGE', NODE_BASE), ...argument('BASE_IMAGE', BARE_BASE), '--network', 'host']
    : ['NODE_IMAGE', 'BASE_IMAGE'].flatMap((name) => {
        const value = process.env[name];
        return value ? argument(name, value) : [];
      });
  for (const { tag, dockerfile, target, args } of PROJECT_IMAGES) {
    const began = performance.now();
    const command = [
      ...['build', '--progress', 'plain', '-f', dockerfile, '-t', tag, ...local],
      ...(target === undefined ? [] : ['--target', target]),
      ...Object.entries(args).flatMap(([name, value]) => argument(name, value)),
      '.',
    ];
    const building = engine.docker(command, { cwd: ROOT }).catch((cause: unknown) => {
      if (!(cause instanceof ChildFailedError)) throw cause;
      const lines = `${cause.stdout}${cause.stderr}`.trimEnd().split('\n').slice(-SHOWN_LINES);
      throw new Error(`${tag} cannot be built:\n${lines.join('\n')}`, { cause });
    });
    await tellWhile(building, (elapsed) => say(`  ${elapsed}: building ${tag}`), 30_000);
    say(`built ${tag} in ${Math.round((performance.now() - began) / 1_000)} s`);
  }
}

/** Removes what older builds of an own engine left: nobody else does. */
export async function prune(engine: Engine): Promise<void> {
  if (engine.kind !== 'own') return;
  await engine.docker(['image', 'prune', '--force']);
  await engine.docker(['builder', 'prune', '--force', '--keep-storage', '1GB']);
}

const argument = (name: string, value: string): string[] => ['--build-arg', `${name}=${value}`];
