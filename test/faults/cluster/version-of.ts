import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '../../../scripts/run-services.ts';
import { runChild } from '../../../stack/child.ts';
import { forgetFolder, rememberFolder } from '../../../stack/orphans.ts';
import { CACHE_DIR, ROOT } from '../../../stack/places.ts';
import type { Say } from '../../harness/say.ts';

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
    rememberFolder(incoming);
    try {
      const archive = join(incoming, 'archive.tar');
      await runChild('git', ['archive', '--output', archive, commit], { cwd: ROOT });
      await runChild('tar', ['-xf', archive, '-C', incoming]);
      await rm(archive);
      const flags = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
      await runChild('npm', ['ci', ...flags], { cwd: incoming });
      await rename(incoming, folder);
    } finally {
      await rm(incoming, { recursive: true, force: true });
      forgetFolder(incoming);
    }
  }
  return (service) => join(folder, 'services', service, 'src', 'main.ts');
}
