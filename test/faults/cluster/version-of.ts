import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceName } from '../../../scripts/run-services.ts';
import { CACHE_DIR, ROOT } from '../../../stack/places.ts';
import type { Say } from '../../harness/say.ts';

const run = promisify(execFile);

/**
 * The services as they were at a commit of this repository, with the packages that its lock file names. Kept among the
 * downloads.
 */
export async function openVersion(commit: string, say: Say): Promise<(service: ServiceName) => string> {
  const folder = join(CACHE_DIR, `version-${commit}`);
  if (!existsSync(folder)) {
    say(`installing the services of ${commit} (once)`);
    await mkdir(CACHE_DIR, { recursive: true });
    const incoming = await mkdtemp(join(CACHE_DIR, '.version-'));
    try {
      const archive = join(incoming, 'archive.tar');
      await run('git', ['archive', '--output', archive, commit], { cwd: ROOT });
      await run('tar', ['-xf', archive, '-C', incoming]);
      await rm(archive);
      const flags = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
      await run('npm', ['ci', ...flags], { cwd: incoming });
      await rename(incoming, folder);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  }
  return (service) => join(folder, 'services', service, 'src', 'main.ts');
}
