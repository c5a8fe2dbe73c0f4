import { randomUUID } from 'node:crypto';
import { access, lstat, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeAtEnd } from '../remove-at-end.ts';
import { CommandFailure } from '../terminal.ts';

const FILE_ERRORS: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EFBIG'];

/** Whether the file system refused the file. Its errors name the path, or at least the call that failed. */
export const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && ('path' in error || ('code' in error && FILE_ERRORS.includes(error.code)));

/** Files with personal data are for their owner only; the others are as the user's umask says. */
export const modeOf = ({ masked }: { masked: boolean }): number => (masked ? 0o666 : 0o600);

/**
 * Has a file written under a temporary name next to its own, and renames it once it is whole. After an error, or if the process is
 * interrupted, nothing of it is left.
 * @throws CommandFailure if the file exists and may not be replaced, if the path is not that of a file, or if its folder does not exist.
 */
export async function writeWhole<Result>(
  path: string,
  mayReplace: boolean,
  write: (temporaryPath: string) => Promise<Result>,
): Promise<Result> {
  await requireFree(path, mayReplace);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.partial`);
  using _ = removeAtEnd(temporary);
  const result = await write(temporary);
  await requireFree(path, mayReplace);
  await rename(temporary, path);
  return result;
}

async function requireFree(path: string, mayReplace: boolean): Promise<void> {
  if (path === '' || path === '-')
    throw new CommandFailure('name a file: an export cannot be written to standard output');
  const folder = dirname(path);
  await access(folder).catch((cause: unknown) => {
    throw new CommandFailure(`the folder ${folder} does not exist: make it, or choose another one`, { cause });
  });
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() || path.endsWith('/')) throw new CommandFailure(`${path} is a folder: name a file in it`);
  // A file is replaced as a whole, so a reader of a pipe would wait for ever, and a link would no longer be one.
  if (found && !found.isFile()) {
    throw new CommandFailure(`${path} is a link, a pipe or a device: name a file`);
  }
  if (found && !mayReplace) {
    throw new CommandFailure(`${path} exists: choose another name, or replace it with --force; nothing was written`);
  }
}
