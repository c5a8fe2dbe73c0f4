import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildZip, PASSWORD } from 'qcc-archive/testing/archives';
import { createSealer } from 'qcc-core/base/sealing';
import { createArchiveRepository, passwordContext } from 'qcc-evidence/archive-repository';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { createResponseRepository } from 'qcc-evidence/response-repository';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeBundle } from './write-bundle.ts';

const archiveOf = (record: string) =>
  buildZip([{ name: 'corp.json', content: `{"totalSize":"1","pushDate":"1","result":[${record}]}` }]);
const sha256Of = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const ARCHIVE = archiveOf('{"id":"r1"}');
const ERASED = archiveOf('{"id":"r1","corpName":""}');
const SHA256 = sha256Of(ARCHIVE);
const order = { account: 'main', orderNo: 'DD1' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-bundle-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeZip(file: string, content: Uint8Array) {
  await writeFile(file, content);
  return { file, sha256: sha256Of(content), bytes: content.length };
}

test.each([
  { unconfirmed: true, rewritten: false },
  { unconfirmed: false, rewritten: true },
])(
  'the manifest says whether the archive is unconfirmed or rewritten, and the README what that means: %o',
  async ({ unconfirmed, rewritten }) => {
    const store = openFolderStore(join(folder, 'evidence'));
    await store.make();
    const archives = createArchiveRepository(store);
    const sealer = createSealer(`k:${Buffer.alloc(32, 2).toString('base64')}`);
    const file = join(folder, 'delivered.zip');
    await writeFile(file, ARCHIVE);
    const delivered = { ...order, sha256: SHA256, bytes: ARCHIVE.length, keptAt: 6, unconfirmed };
    const sealedUnzipPassword = await sealer.seal(PASSWORD, passwordContext(order));
    const found = { entryName: 'corp.json', otherEntries: [], plaintextSha256: 'p', pushDate: 1, declared: 1 };
    const kept = { ...delivered, ...found, sealedUnzipPassword, elements: 1, rejected: 0 };
    await archives.keepArchive(kept, file);
    if (rewritten) await archives.replaceArchive(kept, await writeZip(join(folder, 'rewritten.zip'), ERASED), 7);

    const occurrence = { order_no: 'DD1', revision: 0, position: 0, archive_sha256: SHA256 };
    const bundle = join(folder, 'bundle');
    const missing = await writeBundle(
      { archives, responses: createResponseRepository(store), sealer, limits: { entryMaxBytes: 1_000_000 } },
      {
        folder: bundle,
        account: 'main',
        recordId: 'r1',
        occurrences: [{ ...occurrence, corp_key_no: 'c', type: '1', check_id: null }],
        rows: [],
        withPassword: false,
        now: 0,
      },
    );
    expect(missing).toEqual([]);
    const { occurrences } = JSON.parse(await readFile(join(bundle, 'manifest.json'), 'utf8'));
    expect(occurrences).toMatchObject([{ orderNo: 'DD1', unconfirmed, rewritten }]);
    const readme = await readFile(join(bundle, 'README.txt'), 'utf8');
    for (const field of ['unconfirmed', 'rewritten']) expect(readme).toContain(`"${field}": true`);
    const archive = await readFile(join(bundle, occurrences[0].archive));
    expect(archive).toEqual(rewritten ? ERASED : ARCHIVE);
    expect(await readFile(join(bundle, 'SHA256SUMS'), 'utf8')).toContain(sha256Of(archive));
  },
);
