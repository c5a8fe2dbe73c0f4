import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectArchive } from 'qcc-archive/inspect-archive';
import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { createSealer, type Sealer } from 'qcc-core/base/sealing';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import { type ArchiveRepository, createArchiveRepository, passwordContext } from 'qcc-evidence/archive-repository';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import type { EvidenceStore } from 'qcc-evidence/store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eraseOriginals } from './erase-originals.ts';

const key = createErasureKey(Buffer.alloc(32, 1).toString('base64'));
const subject = key.describe({ account: 'main', person: '张三' });
const eraserAt = (at: number) => createEraser(key, [{ ...subject, at, reason: 'r', decidedBy: 'd' }]);
const limits = { entryMaxBytes: 1_000_000 };

let folder: string;
let store: EvidenceStore;
let repository: ArchiveRepository;
let sealer: Sealer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-erase-'));
  store = openFolderStore(join(folder, 'evidence'));
  await store.make();
  repository = createArchiveRepository(store);
  sealer = createSealer(`k:${Buffer.alloc(32, 2).toString('base64')}`);
  await mkdir(join(folder, 'spool'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const erase = (at = 1, dryRun = false, deleteUnreadable = false) =>
  eraseOriginals(
    {
      archives: repository,
      responses: createResponseRepository(store),
      sealer,
      spoolDir: join(folder, 'spool'),
      limits,
    },
    { account: 'main', eraser: eraserAt(at), responsesSince: 0, dryRun, deleteUnreadable },
  );
test('a full temporary folder is named with its remedy', async () => {
  await keepRead('DD1');
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  repository = { ...repository, copyArchive: () => Promise.reject(full) };
  await expect(erase()).rejects.toThrow(`the temporary folder ${folder} is full: set TMPDIR`);
});

const keys = async () => (await Array.fromAsync(store.list('archives/'))).map((each) => each.key).sort();
const refusal = async () => (await repository.findOrder('main', 'DD1'))!.refusals[0]!;

async function keepRefused(archive: Buffer): Promise<string> {
  const file = join(folder, 'delivered.zip');
  await writeFile(file, archive);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const order = { account: 'main', orderNo: 'DD1' };
  const sealedUnzipPassword = await sealer.seal(PASSWORD, passwordContext(order));
  const fields = { sha256, bytes: archive.length, sealedUnzipPassword, keptAt: 6, reason: 'ARCHIVE_ENVELOPE_INVALID' };
  await repository.keepRefusal({ ...order, ...fields }, file);
  return sha256;
}

async function keepRead(orderNo: string, archive = readable()): Promise<string> {
  const file = join(folder, 'delivered.zip');
  await writeFile(file, archive);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const order = { account: 'main', orderNo };
  const sealedUnzipPassword = await sealer.seal(PASSWORD, passwordContext(order));
  const delivered = { ...order, sha256, bytes: archive.length, sealedUnzipPassword, keptAt: 6 };
  const found = { entryName: 'corp.json', otherEntries: [], plaintextSha256: 'p', pushDate: 1, declared: 1 };
  await repository.keepArchive({ ...delivered, ...found, elements: 1, rejected: 0, unconfirmed: false }, file);
  return `archives/main/${orderNo}/${sha256}`;
}
const responseOf = (checkId: string): RawResponse => ({
  endpoint: 'abnormal',
  query: { corpKeyNo: 'c', checkId },
  lookup: 'l',
  status: 200,
  body: Buffer.from('{"name":"张三"}'),
  sentAt: 1_700_000_000_000,
  receivedAt: 1_700_000_000_001,
});
const document = (name: string) => `{"totalSize":"one","pushDate":"1","result":[{"corpName":"${name}服装店"}]}`;
const readable = () => buildZip([{ name: 'corp.json', content: document('张三') }]);

describe('originals that cannot be read', () => {
  /** One of each kind of fault, before, between and behind originals that can be read. */
  async function spoil(): Promise<{ spoilt: string[]; good: string[] }> {
    const good = [await keepRead('DD1'), await keepRead('DD4')];
    const rotten = await keepRead('DD2');
    await store.put(`${rotten}.zip`, Buffer.from('rotten'));
    const gone = await keepRead('DD3');
    await store.delete(`${gone}.zip`);
    const damaged = await keepRead('DD0', readable().subarray(0, -40));
    const responses = createResponseRepository(store);
    for (const checkId of ['a', 'b', 'c']) await responses.keep('main', responseOf(checkId));
    const keys = (await Array.fromAsync(store.list('answers/'))).map(({ key }) => key);
    const altered = keys.find((key) => key.includes('abnormal-b-'))!;
    await store.put(altered, Buffer.from('{}'));
    return { spoilt: [rotten, gone, damaged, altered], good };
  }

  test('are named with their order, and keep no other original from being erased', async () => {
    const { good } = await spoil();
    for (const dryRun of [true, false]) {
      const erased = await erase(1, dryRun);
      expect(erased).toMatchObject({ archives: 2, records: 2, responses: 2, unread: 0 });
      expect(erased.unreadable.sort()).toEqual([
        expect.stringMatching(/^answers\/main\/c\/abnormal-b-.* is not what was written/),
        expect.stringMatching(/^order DD0: .*cut off/),
        expect.stringMatching(/^order DD2: .*is not what was kept/),
        expect.stringMatching(/^order DD3: .*does not hold/),
      ]);
    }
    for (const key of good) {
      const [order] = await Array.fromAsync(repository.orders('main')).then((all) =>
        all.filter(({ orderNo }) => key.includes(`/${orderNo}/`)),
      );
      expect(order!.archives).toMatchObject([{ erasedUntil: 1 }]);
    }
    // They are still there, so the next erasure names them again.
    expect((await erase(2)).unreadable).toHaveLength(4);
  });

  test('are deleted whole if that is requested', async () => {
    const { spoilt, good } = await spoil();
    const before = await keys();
    expect(await erase(1, true, true)).toMatchObject({ unread: 4, unreadable: [] });
    expect(await keys()).toEqual(before);
    expect(await erase(1, false, true)).toMatchObject({ archives: 2, responses: 2, unread: 4, unreadable: [] });
    expect(await keys()).toEqual(good.flatMap((key) => [`${key}.json`, `${key}.zip`]).sort());
    expect(await store.has(spoilt.at(-1)!)).toBe(false);
    expect(await erase(2)).toMatchObject({ unread: 0, unreadable: [] });
  });

  test('are not deleted if the key is wrong or the note is damaged', async () => {
    const unsealed = await keepRead('DD1');
    sealer = createSealer(`k:${Buffer.alloc(32, 3).toString('base64')}`);
    const unnoted = await keepRead('DD2');
    await store.put(`${unnoted}.json`, Buffer.from('{'));
    const { unread, unreadable } = await erase(1, false, true);
    expect([unread, unreadable]).toEqual([
      0,
      [expect.stringMatching(/^order DD1: .*does not open/), expect.stringContaining(`${unnoted}.json`)],
    ]);
    for (const key of [unsealed, unnoted]) expect(await store.has(`${key}.zip`)).toBe(true);
  });
});

describe('an archive that was refused', () => {
  const damaged = () => readable().subarray(0, -40);

  test('loses the name if it can be read, and keeps the hash with which it was delivered', async () => {
    const sha256 = await keepRefused(readable());
    expect(await erase(1, true)).toMatchObject({ archives: 1, records: 1, unread: 0 });
    expect(await erase()).toMatchObject({ archives: 1, records: 1, unread: 0 });
    const kept = await refusal();
    expect(kept).toMatchObject({ sha256, keptAt: 6, erasedUntil: 1, rewrites: [{ at: 1 }] });
    const file = join(folder, 'copy.zip');
    const { sha256: copied, bytes } = await repository.copyArchive(kept, file);
    expect(kept.rewrites).toEqual([{ sha256: copied, bytes, at: 1 }]);
    await expect(inspectArchive({ file, password: PASSWORD, limits })).rejects.toThrow();
    expect(await erase()).toMatchObject({ records: 0 });
  });

  test('is deleted if it still cannot be read; its note stays, and it is not stored again', async () => {
    const sha256 = await keepRefused(damaged());
    const before = await keys();
    expect(await erase(1, true)).toMatchObject({ records: 0, unread: 1 });
    expect(await keys()).toEqual(before);
    expect(await erase()).toMatchObject({ records: 0, unread: 1 });
    expect(await keys()).toEqual([`archives/main/DD1/refusal-${sha256}.json`]);
    expect(await refusal()).toMatchObject({ sha256, reason: 'ARCHIVE_ENVELOPE_INVALID', deletedFor: 1 });
    await keepRefused(damaged());
    expect(await keys()).toHaveLength(1);
  });

  test('is named if it is missing, because it may be restored', async () => {
    const sha256 = await keepRefused(damaged());
    const zip = (await keys()).find((key) => key.includes(sha256) && key.endsWith('.zip'))!;
    await store.delete(zip);
    expect(await erase()).toMatchObject({ unread: 0, unreadable: [expect.stringContaining('does not hold')] });
  });

  test('is deleted by the next run if its deletion was interrupted', async () => {
    const sha256 = await keepRefused(damaged());
    const cut = { ...store, delete: () => Promise.reject(new Error('cut off')) };
    await expect(createArchiveRepository(cut).deleteArchive(await refusal(), 1)).rejects.toThrow('cut off');
    expect(await erase(2)).toMatchObject({ unread: 0 });
    expect(await keys()).toEqual([`archives/main/DD1/refusal-${sha256}.json`]);
  });

  test('counts as one archive if it was read later', async () => {
    const archive = readable();
    const sha256 = await keepRefused(archive);
    await keepRead('DD1', archive);
    expect(await erase()).toMatchObject({ archives: 1, records: 1, unread: 0 });
    expect(await erase(2)).toMatchObject({ archives: 0, records: 0, unread: 0 });
    expect(await keys()).toContain(`archives/main/DD1/${sha256}.zip`);
  });
});
