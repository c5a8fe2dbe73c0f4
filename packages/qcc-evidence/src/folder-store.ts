import { randomUUID } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError } from 'qcc-core/base/errors';
import { EvidenceError, type EvidenceStore, notMadeError, requireKey, STORE_FOLDERS, STORE_MARK } from './store.ts';

const TEMPORARY = '.tmp';

/**
 * Evidence in a folder that only its owner can read. An object is written to a temporary file next to its place, synced and renamed:
 * a full disk or a crash leaves at most a `.tmp` file, which is never listed. Only `make` makes the folder.
 */
export function openFolderStore(root: string): EvidenceStore {
  const pathOf = (key: string): string => {
    requireKey(key);
    return join(root, key);
  };

  const contents = () =>
    translated(`list ${root}`, async () => {
      const names = (await unlessMissing(readdir(root))) ?? [];
      if ([STORE_MARK, ...STORE_FOLDERS].some((each) => names.includes(each))) return 'store';
      return names.length > 0 ? 'other' : 'nothing';
    });
  /** All objects are in a few top folders. If one is missing, this checks whether the volume of the store is gone. */
  const makeFolderFor = async (path: string, key: string) => {
    const [top = ''] = key.split('/');
    if ((await unlessMissing(stat(join(root, top)))) === null) {
      const found = await contents();
      if (found !== 'store') throw notMadeError(root, found);
    }
    await makeFolder(dirname(path));
  };

  return {
    place: root,
    contents,
    make: () =>
      translated(`make ${root}`, async () => {
        await makeFolder(root);
        await using file = await open(join(root, STORE_MARK), 'a', 0o600);
        await file.sync();
        await syncFolder(root);
      }),
    put: (key, content) =>
      translated(`keep ${key} in ${root}`, async () => {
        const path = pathOf(key);
        await makeFolderFor(path, key);
        const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
        try {
          if (!(content instanceof Uint8Array)) await copyFile(content.file, temporary, constants.COPYFILE_FICLONE);
          await using file = await open(temporary, content instanceof Uint8Array ? 'wx' : 'r+', 0o600);
          if (content instanceof Uint8Array) await file.writeFile(content);
          await file.sync();
          await rename(temporary, path);
        } catch (error) {
          await rm(temporary, { force: true }).catch(() => {});
          throw error;
        }
        await syncFolder(dirname(path));
      }),
    get: (key) =>
      translated(`read ${key} in ${root}`, async () => {
        const file = await unlessMissing(open(pathOf(key)));
        return file?.createReadStream() ?? null;
      }),
    has: (key) =>
      translated(`look for ${key} in ${root}`, async () => (await unlessMissing(stat(pathOf(key)))) !== null),
    async *list(prefix) {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      yield* walk(root, folder, prefix);
    },
    delete: (key) =>
      translated(`delete ${key} in ${root}`, async () => {
        const path = pathOf(key);
        await rm(path, { force: true });
        // The name of an empty folder may be a company's key. A `put` at the same time may get a temporary error.
        await rmdir(dirname(path)).catch(() => {});
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function* walk(root: string, folder: string, prefix: string): ReturnType<EvidenceStore['list']> {
  const entries = await translated<Dirent[] | null>(`list ${folder} in ${root}`, () =>
    unlessMissing(readdir(join(root, folder), { withFileTypes: true })),
  );
  for (const entry of entries ?? []) {
    const key = `${folder}${entry.name}`;
    if (entry.isDirectory()) {
      if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) yield* walk(root, `${key}/`, prefix);
    } else if (key.startsWith(prefix) && !key.endsWith(TEMPORARY) && key !== STORE_MARK) {
      const found = await translated(`list ${key} in ${root}`, () => unlessMissing(stat(join(root, key))));
      if (found) yield { key, bytes: found.size, putAt: Math.trunc(found.mtimeMs) };
    }
  }
}

/** Folders that are made are durable, too: their parents are synced. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

async function unlessMissing<Value>(result: Promise<Value>): Promise<Value | null> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function translated<Value>(what: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new EvidenceError('unavailable', `cannot ${what}: ${describeError(error)}; check EVIDENCE_URL and its disk`, {
      cause: error,
    });
  }
}
