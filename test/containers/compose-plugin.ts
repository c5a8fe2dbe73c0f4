import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../../stack/child.ts';
import { CACHE_DIR } from '../../stack/places.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { EngineMissingError } from './engine-missing.ts';
import { CONFIG_DIR } from './places.ts';

const VERSION = '2.40.3';
const MODULE = 'github.com/docker/compose/v2/cmd';
const FOLDER = join(CACHE_DIR, `compose-${VERSION}`);
const PROGRAM = join(FOLDER, 'docker-compose');

/**
 * Puts compose among the plugins of the folder for `DOCKER_CONFIG`. The package registries have compose only as sources in Go, so it is
 * built once, which takes some minutes.
 * @throws EngineMissingError if it cannot be built
 */
export async function addCompose(say: (line: string) => void): Promise<void> {
  if (!existsSync(PROGRAM)) {
    say(`building docker compose ${VERSION}, once: some minutes …`);
    await build().catch((cause: unknown) => {
      throw new EngineMissingError('`docker compose` is missing, and cannot be built: that needs Go 1.24.9 or newer', {
        cause,
      });
    });
  }
  const plugins = join(CONFIG_DIR, 'cli-plugins');
  mkdirSync(plugins, { recursive: true });
  copyFileSync(PROGRAM, join(plugins, 'docker-compose'));
}

async function build(): Promise<void> {
  await using folder = await makeTemporaryFolder('qcc-compose-');
  const env = { ...process.env, GOFLAGS: '-mod=mod' };
  const go = (...args: string[]) => runChild('go', args, { cwd: folder.path, env });
  writeFileSync(join(folder.path, 'go.mod'), 'module compose\n\ngo 1.24\n');
  await go('get', '-tool', `${MODULE}@v${VERSION}`);
  await go('build', '-ldflags=-s -w', '-o', 'docker-compose', MODULE);
  mkdirSync(FOLDER, { recursive: true });
  const incoming = `${PROGRAM}.${process.pid}`;
  copyFileSync(join(folder.path, 'docker-compose'), incoming);
  chmodSync(incoming, 0o755);
  renameSync(incoming, PROGRAM);
}
