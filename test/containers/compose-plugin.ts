import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../../stack/child.ts';
import { CACHE_DIR } from '../../stack/places.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { EngineMissingError } from './engine-missing.ts';
import { CONFIG_DIR } from './places.ts';

const VERSION = '2.40.3';
const MODULE = 'github.com/docker/compose/v2/cmd';
const PROGRAM = join(CACHE_DIR, `compose-${VERSION}`, 'docker-compose');

/**
 * Puts compose among the plugins of the folder for `DOCKER_CONFIG`. The package registries have compose only as sources in Go, so it is
 * built once, which takes some minutes.
 * @throws EngineMissingError without a Go that can build it
 */
export async function addCompose(say: (line: string) => void): Promise<void> {
  if (!existsSync(PROGRAM)) await build(say);
  const plugins = join(CONFIG_DIR, 'cli-plugins');
  mkdirSync(plugins, { recursive: true });
  copyFileSync(PROGRAM, join(plugins, 'docker-compose'));
}

async function build(say: (line: string) => void): Promise<void> {
  await runChild('go', ['version']).catch((cause: unknown) => {
    throw new EngineMissingError('`docker compose` is missing, and there is no Go (1.24 or newer) to build it', {
      cause,
    });
  });
  say(`building docker compose ${VERSION}, once: some minutes …`);
  await using folder = await makeTemporaryFolder('qcc-compose-');
  const env = { ...process.env, GOFLAGS: '-mod=mod' };
  const go = (...args: string[]) => runChild('go', args, { cwd: folder.path, env });
  writeFileSync(join(folder.path, 'go.mod'), 'module compose\n\ngo 1.24\n');
  await go('get', '-tool', `${MODULE}@v${VERSION}`);
  await go('build', '-ldflags=-s -w', '-o', 'docker-compose', MODULE);
  mkdirSync(join(CACHE_DIR, `compose-${VERSION}`), { recursive: true });
  copyFileSync(join(folder.path, 'docker-compose'), PROGRAM);
  chmodSync(PROGRAM, 0o755);
}
