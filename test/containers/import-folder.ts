import { runChild } from '../../stack/child.ts';
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
  folder: string,
  { tag, changes = [] }: { tag: string; changes?: readonly string[] },
): Promise<void> {
  const options = changes.flatMap((change) => ['--change', change]);
  await runChild(
    'sh',
    [
      '-c',
      'folder="$1"; shift; tar -C "$folder" --owner=0 --group=0 -c . | docker import "$@" >/dev/null',
      'sh',
      folder,
    ]
      .concat(options)
      .concat(['-', tag]),
    { env: engine.env },
  );
}
