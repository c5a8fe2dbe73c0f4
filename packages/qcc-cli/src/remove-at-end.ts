import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onExit } from 'signal-exit';

/**
 * Removes a file or folder when this is disposed, and also when the process exits or SIGINT, SIGTERM or SIGHUP end it. Only SIGKILL and a
 * crash of the machine leave it.
 */
export function removeAtEnd(path: string): Disposable {
  const remove = () => rmSync(path, { recursive: true, force: true });
  const forget = onExit(remove);
  return {
    [Symbol.dispose]() {
      remove();
      forget();
    },
  };
}

/** Makes the temporary folder in which a command reads archives. They hold personal data, so it is removed as `removeAtEnd` says. */
export async function openSpool(command: string): Promise<Disposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), `qcc-${command}-`));
  return { path, ...removeAtEnd(path) };
}
