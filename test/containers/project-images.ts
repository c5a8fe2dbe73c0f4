import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminPorts, SERVICES } from '../../scripts/admin-ports.mjs';
import { ROOT } from '../../stack/places.ts';
import { BARE_BASE, makeBaseImages, NODE_BASE } from './base-images.ts';
import type { Engine } from './engine.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** An image of this project. */
export type ProjectImage = {
  /** The name in `docker-compose.yml`, too. */
  name: string;
  tag: string;
  /** The workspace whose production packages it holds. */
  workspace: string;
  dockerfile: string;
  target?: string;
  args: Readonly<Record<string, string>>;
};

const SERVICE_IMAGES = SERVICES.map((name): Omit<ProjectImage, 'tag'> => {
  const args = { SERVICE: name, ADMIN_PORT: String(adminPorts(undefined)[name]) };
  return { name, workspace: name, dockerfile: 'services/Dockerfile', target: name, args };
});

/** The services, the operator's tool and the simulator. */
export const PROJECT_IMAGES: readonly ProjectImage[] = [
  ...SERVICE_IMAGES,
  { name: 'qcc', workspace: 'qcc-cli', dockerfile: 'services/Dockerfile', target: 'qcc', args: { SERVICE: 'qcc-cli' } },
  { name: 'simulator', workspace: 'qcc-simulator', dockerfile: 'test/qcc-simulator/Dockerfile', args: {} },
].map((image) => ({ ...image, tag: `qcc-pipeline/${image.name}:${version}` }));

/**
 * Builds all images for this machine's platform. An engine that was started here gets base images first.
 * @throws ChildFailedError with the last lines of the build
 */
export async function buildImages(engine: Engine, say: (line: string) => void): Promise<void> {
  if (!engine.isOfMachine) await makeBaseImages(engine, say);
  const local = engine.isOfMachine
    ? []
    : [...argument('NODE_IMAGE', NODE_BASE), ...argument('BASE_IMAGE', BARE_BASE), '--network', 'host'];
  for (const { tag, dockerfile, target, args } of PROJECT_IMAGES) {
    const began = performance.now();
    await engine.docker(
      [
        ...['build', '--progress', 'plain', '-f', dockerfile, '-t', tag, ...local],
        ...(target === undefined ? [] : ['--target', target]),
        ...Object.entries(args).flatMap(([name, value]) => argument(name, value)),
        '.',
      ],
      { cwd: ROOT },
    );
    say(`built ${tag} in ${Math.round((performance.now() - began) / 1_000)} s`);
  }
}

const argument = (name: string, value: string): string[] => ['--build-arg', `${name}=${value}`];
