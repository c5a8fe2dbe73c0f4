import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isSpoolFull } from 'qcc-archive/obtain/spool-folder';
import { onExit } from 'signal-exit';
import { CommandFailure } from './terminal.ts';

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

/**
 * Runs work that writes to the temporary folder of a command.
 * @throws CommandFailure that names the folder and the remedy if it is full, and what the work throws.
 */
export async function inSpool<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!isSpoolFull(cause)) throw cause;
    throw new CommandFailure(
      `the temporary folder ${dirname(path)} is full: set TMPDIR to a folder with more room, and run this command again`,
      { cause },
    );
  }
}
