import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The local folder for archives that are being processed. Every order adds to `files`, the paths that lie there now. */
export type SpoolFolder = { path: string; files: Set<string> };

/** A place for one archive. Disposing it removes the file. */
export type SpoolFile = AsyncDisposable & {
  path: string;
  /** Disposing this leaves the file from now on; disposing what is returned removes it. */
  move(): AsyncDisposable;
};

export function openSpoolFile({ path: folder, files }: SpoolFolder): SpoolFile {
  const path = join(folder, `${randomUUID()}.zip`);
  const stack = new AsyncDisposableStack();
  files.add(path);
  stack.defer(async () => {
    await rm(path, { force: true });
    files.delete(path);
  });
  return { path, move: () => stack.move(), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether the file system had no room for a file. */
export const isSpoolFull = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && FULL_CODES.includes(error.code);
