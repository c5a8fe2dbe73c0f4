import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetFolder, rememberFolder } from './orphans.ts';

export type TemporaryFolder = AsyncDisposable & { path: string };

/** Makes a folder that is gone once it is disposed, and when this process has ended, however that happens. */
export async function makeTemporaryFolder(prefix: string, parent = tmpdir()): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(parent, prefix));
  rememberFolder(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      forgetFolder(path);
    },
  };
}
