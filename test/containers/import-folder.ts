import { join } from 'node:path';
import { runChild } from '../../stack/child.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import type { Engine } from './engine.ts';

/** Whether the engine has an image of that name. */
export const hasImage = (engine: Engine, tag: string): Promise<boolean> =>
  engine.docker(['image', 'inspect', tag]).then(
    () => true,
    () => false,
  );

/** Makes an image of one layer from a folder. @param changes Instructions of a Dockerfile that need no build. */
export async function importFolder(
  engine: Engine,
  root: string,
  { tag, changes = [] }: { tag: string; changes?: readonly string[] },
): Promise<void> {
  await using folder = await makeTemporaryFolder('qcc-import-');
  const archive = join(folder.path, 'root.tar');
  await runChild('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
  await engine.docker(['import', ...changes.flatMap((change) => ['--change', change]), archive, tag]);
}
