import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectArchive } from 'archive-extractor/read-archive';
import { buildZip, PASSWORD } from 'archive-extractor/testing/archives';
import { createEraser } from 'qcc-core/erasure/eraser';
import { createErasureKey } from 'qcc-core/erasure/subject';
import { createAnswerShelf } from 'qcc-core/evidence/answer-shelf';
import { type ArchiveShelf, createArchiveShelf, passwordContext } from 'qcc-core/evidence/archive-shelf';
import { openFolderStore } from 'qcc-core/evidence/folder-store';
import type { EvidenceStore } from 'qcc-core/evidence/store';
import { createSealer, type Sealer } from 'qcc-core/sealing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eraseOriginals } from './erase-originals.ts';

const key = createErasureKey(Buffer.alloc(32, 1).toString('base64'));
const subject = key.describe({ account: 'main', person: '张三' });
const eraserAt = (at: number) => createEraser(key, [{ ...subject, at, reason: 'r', decidedBy: 'd' }]);
const limits = { entryMaxBytes: 1_000_000 };

let folder: string;
let store: EvidenceStore;
let shelf: ArchiveShelf;
let sealer: Sealer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-erase-'));
  store = openFolderStore(join(folder, 'evidence'));
  await store.make();
  shelf = createArchiveShelf(store);
  sealer = createSealer(`k:${Buffer.alloc(32, 2).toString('base64')}`);
  await mkdir(join(folder, 'spool'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const erase = (at = 1, dryRun = false) =>
  eraseOriginals(
    { archives: shelf, answers: createAnswerShelf(store), sealer, spoolDir: join(folder, 'spool'), limits },
    { account: 'main', eraser: eraserAt(at), answersSince: 0, dryRun },
  );
const keys = async () => (await Array.fromAsync(store.list('archives/'))).map((each) => each.key).sort();
const refusal = async () => (await shelf.findOrder('main', 'DD1'))!.refusals[0]!;

async function keepRefused(archive: Buffer): Promise<string> {
  const file = join(folder, 'delivered.zip');
  await writeFile(file, archive);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const order = { account: 'main', orderNo: 'DD1' };
  const sealedUnzipPassword = await sealer.seal(PASSWORD, passwordContext(order));
  const fields = { sha256, bytes: archive.length, sealedUnzipPassword, keptAt: 6, reason: 'ARCHIVE_ENVELOPE_INVALID' };
  await shelf.keepRefusal({ ...order, ...fields }, file);
  return sha256;
}

describe('an archive that was refused', () => {
  const document = (name: string) => `{"totalSize":"one","pushDate":"1","result":[{"corpName":"${name}服装店"}]}`;
  const readable = () => buildZip([{ name: 'corp.json', content: document('张三') }]);
  const damaged = () => readable().subarray(0, -40);

  test('and can be looked into loses the name, and keeps the hash it was delivered with', async () => {
    const sha256 = await keepRefused(readable());
    expect(await erase(1, true)).toMatchObject({ archives: 1, records: 1, refused: 0 });
    expect(await erase()).toMatchObject({ archives: 1, records: 1, refused: 0 });
    const kept = await refusal();
    expect(kept).toMatchObject({ sha256, keptAt: 6, erasedUntil: 1, rewrites: [{ at: 1 }] });
    const file = join(folder, 'copy.zip');
    const { sha256: copied, bytes } = await shelf.copyArchive(kept, file);
    expect(kept.rewrites).toEqual([{ sha256: copied, bytes, at: 1 }]);
    await expect(inspectArchive({ file, password: PASSWORD, limits })).rejects.toThrow();
    expect(await erase()).toMatchObject({ records: 0 });
  });

  test('and cannot be looked into goes, and leaves its note; it is not kept again', async () => {
    const sha256 = await keepRefused(damaged());
    const before = await keys();
    expect(await erase(1, true)).toMatchObject({ records: 0, refused: 1 });
    expect(await keys()).toEqual(before);
    expect(await erase()).toMatchObject({ records: 0, refused: 1 });
    expect(await keys()).toEqual([`archives/main/DD1/refusal-${sha256}.json`]);
    expect(await refusal()).toMatchObject({ sha256, reason: 'ARCHIVE_ENVELOPE_INVALID', deletedFor: 1 });
    await keepRefused(damaged());
    expect(await keys()).toHaveLength(1);
  });

  test('and was being deleted when the command was cut off goes at the next', async () => {
    const sha256 = await keepRefused(damaged());
    const cut = { ...store, delete: () => Promise.reject(new Error('cut off')) };
    await expect(createArchiveShelf(cut).deleteRefused(await refusal(), 1)).rejects.toThrow('cut off');
    expect(await erase(2)).toMatchObject({ refused: 0 });
    expect(await keys()).toEqual([`archives/main/DD1/refusal-${sha256}.json`]);
  });

  test('and was read later is one archive with it', async () => {
    const archive = readable();
    const sha256 = await keepRefused(archive);
    const { reason: _reason, ...kept } = await refusal();
    const found = { entryName: 'corp.json', otherEntries: [], plaintextSha256: 'p', pushDate: 1, declared: 1 };
    await shelf.keepArchive(
      { ...kept, ...found, elements: 1, rejected: 0, unconfirmed: false },
      join(folder, 'delivered.zip'),
    );
    expect(await erase()).toMatchObject({ archives: 1, records: 1, refused: 0 });
    expect(await erase(2)).toMatchObject({ archives: 0, records: 0, refused: 0 });
    expect(await keys()).toContain(`archives/main/DD1/${sha256}.zip`);
  });
});
