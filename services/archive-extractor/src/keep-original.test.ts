import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChangeFile } from 'qcc-archive/change-file';
import { WaitError } from 'qcc-archive/errors';
import type { Inspection } from 'qcc-archive/inspect-archive';
import { createDownloadArchive } from 'qcc-archive/obtain/download-archive';
import { createInspectDelivered } from 'qcc-archive/obtain/inspect-delivered';
import { createSpoolKept } from 'qcc-archive/obtain/spool-kept';
import type { InspectedArchive } from 'qcc-archive/obtain/steps';
import { spoolChanges } from 'qcc-archive/spool-changes';
import { buildZip, DOCUMENT, PASSWORD } from 'qcc-archive/testing/archives';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/base/errors';
import { createMetrics } from 'qcc-core/base/metrics';
import { createSealer } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import { RefusalSearches } from 'qcc-core/kafka/client/refusal-search';
import { createDeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { orderWithoutLink } from 'qcc-core/testing/order-without-link';
import { type ArchiveRepository, createArchiveRepository } from 'qcc-evidence/archive-repository';
import { openFolderStore } from 'qcc-evidence/folder-store';
import { EvidenceError, type EvidenceStore } from 'qcc-evidence/store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractOrder, type FetchDeps, fetchArchive } from './extract-order.ts';
import { gatherMessages } from './gathered-messages.ts';
import { createHeldArchives } from './held-archives.ts';
import { createConfirmOriginals, createKeepOriginal, createKeepRefused } from './keep-original.ts';

const sealer = createSealer(Buffer.alloc(32, 1).toString('base64'));
const { signal } = new AbortController();
const order = orderWithoutLink();
const replay: Order = { ...order, source: 'replay' };
const limits = { entryMaxBytes: 1_000_000 };

let folder: string;
let store: EvidenceStore;
let repository: ArchiveRepository;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-original-'));
  store = openFolderStore(join(folder, 'evidence'));
  await store.make();
  repository = createArchiveRepository(store);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ZIP = buildZip([{ name: 'dd_corp.json', content: JSON.stringify(DOCUMENT) }]);
const SHA256 = createHash('sha256').update(ZIP).digest('hex');
const DELIVERED = { sha256: SHA256, bytes: ZIP.length, password: PASSWORD, unconfirmed: false };
const PLAN = { revision: 0, firstPosition: 0 };

async function spooled(): Promise<InspectedArchive> {
  const file = join(folder, 'spooled.zip');
  await writeFile(file, ZIP);
  const source = { file, password: PASSWORD, limits };
  const { inspection, changes } = await spoolChanges(source, `${file}.changes`);
  return {
    source,
    inspection,
    changes,
    sha256: SHA256,
    bytes: ZIP.length,
    unconfirmed: false,
    [Symbol.asyncDispose]: async () => {
      await rm(file, { force: true });
      await changes[Symbol.asyncDispose]();
    },
  };
}

const keep = (patiently = (_what: object, _signal: AbortSignal, action: () => Promise<void>) => action()) =>
  createKeepOriginal({ repository, sealer, patiently, now: () => 5 });

const keepRefused = () =>
  createKeepRefused({ repository, sealer, patiently: (_what, _signal, action) => action(), now: () => 6 });

/** Every byte that is kept. */
async function keptText(): Promise<string> {
  const names = await readdir(join(folder, 'evidence'), { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join();
}

test('the archive is kept as delivered, its password sealed, and what was made from it', async () => {
  await keep()({ order, archive: await spooled(), plan: PLAN }, signal);
  const kept = await repository.findOrder('main', 'DDMON1');
  expect(kept).toMatchObject({
    archives: [{ sha256: SHA256, bytes: ZIP.length, entryName: 'dd_corp.json', elements: 2, keptAt: 5 }],
    extractions: [{ revision: 0, firstPosition: 0, archiveSha256: SHA256, source: 'callback', startedAt: 5 }],
  });
  await repository.copyArchive({ ...order, sha256: SHA256, bytes: ZIP.length }, join(folder, 'copy.zip'));
  expect(await readFile(join(folder, 'copy.zip'))).toEqual(ZIP);
  expect(await keptText()).not.toContain(PASSWORD);
});

test('an order that comes again changes nothing; another revision is noted beside it', async () => {
  const archive = await spooled();
  for (const plan of [PLAN, PLAN, { revision: 1, firstPosition: 0 }]) await keep()({ order, archive, plan }, signal);
  const kept = await repository.findOrder('main', 'DDMON1');
  expect(kept?.archives).toHaveLength(1);
  expect(kept?.extractions.map(({ revision }) => revision)).toEqual([0, 1]);
});

test('an archive that came by a callback’s link is noted as confirmed once a signed fetch brought the same text', async () => {
  const archive = await spooled();
  const { plaintextSha256 } = archive.inspection;
  await keep()({ order, archive: { ...archive, unconfirmed: true }, plan: PLAN }, signal);
  const confirm = createConfirmOriginals({ repository, patiently: (_what, _signal, action) => action() });
  const noted = async () =>
    (await repository.findOrder('main', 'DDMON1'))?.archives.map(({ unconfirmed }) => unconfirmed);
  await confirm({ account: 'main', orderNo: 'DDMON1', plaintextSha256: 'another text' }, signal);
  expect(await noted()).toEqual([true]);
  await confirm({ account: 'main', orderNo: 'DDMON1', plaintextSha256 }, signal);
  expect(await noted()).toEqual([false]);
});

test('nothing of an order is published before its original is kept', async () => {
  const steps: string[] = [];
  const lane = { partition: 0, transact: async () => void steps.push('transaction') } as unknown as Lane;
  const deps = {
    account: 'main',
    prefix: '',
    codec: { decode: async () => order, encode: () => Buffer.alloc(0) } as unknown as AvroCodec,
    ...gone('file'),
    spoolKept: async () => null,
    download: async () => ({ kind: 'downloaded' as const, delivered: DELIVERED }),
    inspect: async () => ({ kind: 'inspected' as const, archive: await spooled() }),
    runs: createDeadLetterRuns({ limit: 10 }),
    reportUnknownFields() {},
    reportFetching: () => ({
      done: () => void steps.push('done'),
      [Symbol.dispose]: () => void steps.push('attempt over'),
    }),
    refusedRuns: createDeadLetterRuns({ limit: 10 }),
    searches: new RefusalSearches<number>(String),
    keepOriginal: keep(async () => {
      steps.push('disk full');
      throw new EvidenceError('unavailable', 'the disk is full');
    }),
    confirmOriginals: async () => {},
    admitOrder: async () => 'listed' as const,
    recentFailures: { note() {}, has: () => false },
    held: createHeldArchives({ ms: 0 }),
    part: { maxRecords: 10, maxMs: 1_000 },
    metrics: createMetrics({ service: 'test', account: 'main' }),
    log: { debug() {}, info() {}, warn() {}, error() {} } as never,
    now: () => 5,
  };
  const place = { topic: 'orders', partition: 0, offset: '1', nextOffset: 2n };
  const message = { value: Buffer.alloc(0) } as never;
  const input = { lane, states: new Map(), message, place, gathered: gatherMessages(lane), signal };
  await expect(extractOrder(deps, input)).rejects.toThrow('disk is full');
  expect(steps).toEqual(['disk full', 'attempt over']);
});

/** QCC that has the order no more, or has it but not its file. */
const gone = (how: 'order' | 'file'): Omit<FetchDeps, 'spoolKept'> => ({
  keepRefused: keepRefused(),
  patience: { isOver: () => true, end() {} },
  askLink: async () =>
    how === 'order'
      ? { kind: 'refused', reason: 'ORDER_UNKNOWN', message: 'QCC_201: no such order', mayPass: false }
      : { kind: 'link', link: { url: 'http://files/', password: PASSWORD, unconfirmed: false } },
  download: createDownloadArchive({
    download: async () => ({ kind: 'http', status: 404, message: 'files answered 404' }),
  }),
  inspect: createInspectDelivered({ limits, spoolChanges }),
  spool: { path: folder, files: new Set() },
});

test.each(['order', 'file'] as const)('a replay whose %s QCC has no more reads the kept original', async (how) => {
  await keep()({ order, archive: await spooled(), plan: PLAN }, signal);
  const outcome = await fetchArchive(
    { ...gone(how), spoolKept: createSpoolKept({ repository, sealer }) },
    replay,
    signal,
  );
  expect(outcome).toMatchObject({
    kind: 'inspected',
    archive: { sha256: SHA256, bytes: ZIP.length, source: { password: PASSWORD }, inspection: { elements: 2 } },
  });
});

test('a replay reads the kept original where QCC gives no link now, so that it holds up no new order', async () => {
  await keep()({ order, archive: await spooled(), plan: PLAN }, signal);
  const deps: FetchDeps = {
    ...gone('order'),
    askLink: () => Promise.reject(new WaitError('the daily limit is used up')),
    spoolKept: createSpoolKept({ repository, sealer }),
  };
  expect(await fetchArchive(deps, replay, signal)).toMatchObject({ kind: 'inspected', archive: { sha256: SHA256 } });
  await expect(fetchArchive(deps, order, signal)).rejects.toThrow('the daily limit is used up');
});

describe('an archive that cannot be read', () => {
  const BEFORE_MEND_ENTRY = { name: 'dd_corp.json', content: '{"result":[],"totalSize":0,"pushDate":"16/03/2026"}' };
  const BEFORE_MEND = buildZip([BEFORE_MEND_ENTRY]);
  const sha256 = createHash('sha256').update(BEFORE_MEND).digest('hex');
  const delivering = ({ unconfirmed }: { unconfirmed: boolean }): FetchDeps => ({
    ...gone('order'),
    askLink: async () => ({
      kind: 'link',
      link: { url: 'http://files/', password: PASSWORD, unconfirmed },
    }),
    async download({ file }) {
      await writeFile(file.path, BEFORE_MEND);
      const bytes = BEFORE_MEND.length;
      return { kind: 'downloaded', delivered: { sha256, bytes, password: PASSWORD, unconfirmed } };
    },
    spoolKept: createSpoolKept({ repository, sealer }),
  });

  test('is kept as delivered, and a replay reads it once the parser is mended, though QCC has it no more', async () => {
    const refused = await fetchArchive(delivering({ unconfirmed: false }), order, signal);
    expect(refused).toMatchObject({ kind: 'refused', reason: 'ARCHIVE_ENVELOPE_INVALID' });
    expect(await repository.findOrder('main', 'DDMON1')).toMatchObject({
      archives: [],
      refusals: [{ sha256, bytes: BEFORE_MEND.length, keptAt: 6, reason: 'ARCHIVE_ENVELOPE_INVALID' }],
    });
    expect(await keptText()).not.toContain(PASSWORD);
    const mended: FetchDeps = {
      ...gone('order'),
      spoolKept: createSpoolKept({ repository, sealer }),
      inspect: createInspectDelivered({
        limits,
        spoolChanges: async (_source, file) => ({
          inspection: { elements: 7 } as Inspection,
          changes: await (await createChangeFile(file)).finish(),
        }),
      }),
    };
    const outcome = await fetchArchive(mended, replay, signal);
    expect(outcome).toMatchObject({ kind: 'inspected', archive: { sha256, inspection: { elements: 7 } } });
  });

  test('is replayed as it is kept after an erasure, and not at all once that deleted it', async () => {
    await fetchArchive(delivering({ unconfirmed: false }), order, signal);
    const find = async () => (await repository.findOrder('main', 'DDMON1'))!.refusals[0]!;
    const file = join(folder, 'rewritten');
    await writeFile(file, 'another archive');
    const rewritten = { sha256: createHash('sha256').update('another archive').digest('hex'), bytes: 15 };
    await repository.replaceArchive(await find(), { file, ...rewritten }, 7);
    const spoolKept = createSpoolKept({ repository, sealer });
    expect(await spoolKept(replay, join(folder, 'copy.zip'))).toMatchObject({ ...rewritten, password: PASSWORD });
    await repository.deleteArchive(await find(), 8);
    expect(await spoolKept(replay, join(folder, 'copy.zip'))).toBeNull();
    await rm(join(folder, 'copy.zip'));
  });

  test('is kept once, however often QCC builds it again with another salt', async () => {
    const again = buildZip([{ ...BEFORE_MEND_ENTRY, salt: Buffer.alloc(16, 9) }]);
    const rebuilt: FetchDeps = {
      ...delivering({ unconfirmed: false }),
      async download({ file }) {
        await writeFile(file.path, again);
        const hash = createHash('sha256').update(again).digest('hex');
        return { kind: 'downloaded', delivered: { ...DELIVERED, sha256: hash, bytes: again.length } };
      },
    };
    expect(again).not.toEqual(BEFORE_MEND);
    await fetchArchive(delivering({ unconfirmed: false }), order, signal);
    for (let time = 0; time < 3; time += 1) await fetchArchive(rebuilt, order, signal);
    expect((await repository.findOrder('main', 'DDMON1'))?.refusals).toMatchObject([{ sha256 }]);
    await repository.deleteArchive((await repository.findOrder('main', 'DDMON1'))!.refusals[0]!, 8);
    await fetchArchive(rebuilt, order, signal);
    expect((await repository.findOrder('main', 'DDMON1'))?.refusals).toMatchObject([{ sha256, deletedFor: 8 }]);
  });

  test('is not kept where only a callback vouches for it', async () => {
    await fetchArchive(delivering({ unconfirmed: true }), order, signal);
    expect(await repository.findOrder('main', 'DDMON1')).toBeNull();
  });
});

test.each([
  ['an order that is no replay', order, true],
  ['a replay of what was never kept', replay, false],
])('%s is refused as before, and leaves no file', async (_name, asked, isKept) => {
  if (isKept) await keep()({ order, archive: await spooled(), plan: PLAN }, signal);
  await rm(join(folder, 'spooled.zip'), { force: true });
  const outcome = await fetchArchive(
    { ...gone('order'), spoolKept: createSpoolKept({ repository, sealer }) },
    asked,
    signal,
  );
  expect(outcome).toMatchObject({ kind: 'refused', reason: 'ORDER_UNKNOWN' });
  expect((await readdir(folder)).filter((name) => name.endsWith('.zip'))).toEqual([]);
});

test('a kept original opens after its key was rotated; without that key it waits, and says for which', async () => {
  await keep()({ order, archive: await spooled(), plan: PLAN }, signal);
  const [newKey, oldKey] = [2, 1].map((byte) => Buffer.alloc(32, byte).toString('base64'));
  const spoolWith = (setting: string) => createSpoolKept({ repository, sealer: createSealer(setting) });
  const toFile = join(folder, 'copy.zip');
  expect(await spoolWith(`new:${newKey},1:${oldKey}`)(replay, toFile)).toMatchObject({ password: PASSWORD });
  const error = await spoolWith(`new:${newKey}`)(replay, toFile).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'WaitError' });
  expect(describeError(error)).toContain('is sealed with key "1", which SEALING_KEY does not hold');
});

test('a kept original that was altered does not serve', async () => {
  await keep()({ order, archive: await spooled(), plan: PLAN }, signal);
  await store.put(`archives/main/DDMON1/${SHA256}.zip`, Buffer.from('altered'));
  expect(await createSpoolKept({ repository, sealer })(replay, join(folder, 'copy.zip'))).toBeNull();
});
