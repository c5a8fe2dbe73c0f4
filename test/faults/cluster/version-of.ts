import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceName } from '../../../scripts/run-services.ts';
import { runChild } from '../../../stack/child.ts';
import { CACHE_DIR, ROOT } from '../../../stack/places.ts';
import { makeTemporaryFolder } from '../../../stack/temporary-folder.ts';
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
    await using incoming = await makeTemporaryFolder('.version-', CACHE_DIR);
    const archive = join(incoming.path, 'archive.tar');
    await runChild('git', ['archive', '--output', archive, commit], { cwd: ROOT });
    await runChild('tar', ['-xf', archive, '-C', incoming.path]);
    await rm(archive);
    // Without the root, whose packages are those of the stack and the tests.
    const which = ['--workspaces', '--include-workspace-root=false', '--omit=dev'];
    await runChild('npm', ['ci', ...which, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: incoming.path });
    await rename(incoming.path, folder);
  }
  return (service) => join(folder, 'services', service, 'src', 'main.ts');
}
