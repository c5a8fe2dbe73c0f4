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

const ARCHIVE = buildZip([{ name: 'corp.json', content: '{"totalSize":"1","pushDate":"1","result":[{"id":"r1"}]}' }]);
const SHA256 = createHash('sha256').update(ARCHIVE).digest('hex');
const order = { account: 'main', orderNo: 'DD1' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-bundle-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([true, false])(
  'the manifest says whether the archive is unconfirmed, and the README what that means: %s',
  async (unconfirmed) => {
    const store = openFolderStore(join(folder, 'evidence'));
    await store.make();
    const archives = createArchiveRepository(store);
    const sealer = createSealer(`k:${Buffer.alloc(32, 2).toString('base64')}`);
    const file = join(folder, 'delivered.zip');
    await writeFile(file, ARCHIVE);
    const delivered = { ...order, sha256: SHA256, bytes: ARCHIVE.length, keptAt: 6, unconfirmed };
    const sealedUnzipPassword = await sealer.seal(PASSWORD, passwordContext(order));
    const found = { entryName: 'corp.json', otherEntries: [], plaintextSha256: 'p', pushDate: 1, declared: 1 };
    await archives.keepArchive({ ...delivered, ...found, sealedUnzipPassword, elements: 1, rejected: 0 }, file);

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
    expect(occurrences).toMatchObject([{ orderNo: 'DD1', unconfirmed }]);
    expect(await readFile(join(bundle, 'README.txt'), 'utf8')).toContain('"unconfirmed": true');
  },
);
