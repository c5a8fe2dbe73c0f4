import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawResponse } from 'qcc-core/qcc/raw-response';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createArchiveRepository, type KeptArchive, type KeptExtraction } from './archive-repository.ts';
import { openFolderStore } from './folder-store.ts';
import { keepPatiently } from './keep-patiently.ts';
import { pruneEvidence } from './prune.ts';
import { createResponseRepository } from './response-repository.ts';
import { EvidenceError, type EvidenceObject, type EvidenceStore, keyPart } from './store.ts';

let root: string;
let store: EvidenceStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'qcc-repository-'));
  store = openFolderStore(join(root, 'evidence'));
  await store.make();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const CONTENT = Buffer.from('an encrypted archive');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const archive = (orderNo: string): KeptArchive => ({
  account: 'main',
  orderNo,
  sha256: SHA256,
  bytes: CONTENT.length,
  sealedUnzipPassword: 'sealed',
  entryName: 'corp.json',
  otherEntries: [],
  plaintextSha256: 'p',
  pushDate: 1,
  declared: 2,
  elements: 2,
  rejected: 0,
  unconfirmed: false,
  keptAt: 3,
});
const extraction = (orderNo: string, revision: number, firstPosition = 0): KeptExtraction => ({
  account: 'main',
  orderNo,
  revision,
  firstPosition,
  archiveSha256: SHA256,
  source: 'callback',
  receivedAt: 1,
  startedAt: 2,
});

async function keep(orderNo: string): Promise<void> {
  const file = join(root, 'spooled.zip');
  await writeFile(file, CONTENT);
  const repository = createArchiveRepository(store);
  await repository.keepArchive(archive(orderNo), file);
  await repository.keepExtraction(extraction(orderNo, 0));
}

test('a decision to discard is kept beside the order it is about, and nowhere else', async () => {
  await keep('DDMON1');
  const repository = createArchiveRepository(store);
  const discard = (orderNo: string, at: number, positions: number[]) => {
    return { account: 'main', orderNo, revision: 0, positions, who: '张三', why: '空记录', at };
  };
  const decided = [discard('DDMON1', 7, [3, 4]), discard('DDMON1', 8, [1])];
  for (const each of decided.toReversed()) expect(await repository.keepDiscard(each)).toBe(true);
  expect(await repository.keepDiscard(discard('DDMON2', 9, [0]))).toBe(false);
  expect((await repository.findOrder('main', 'DDMON1'))?.discards).toEqual(decided);
  expect(await repository.findOrder('main', 'DDMON2')).toBeNull();
  expect(await Array.fromAsync(repository.firstAndLastOfDays('main'))).toEqual([archive('DDMON1')]);
});

test('an order whose notes were altered is reported, and the other orders are still found', async () => {
  for (const orderNo of ['DDMON1', 'DDMON2', 'DDMON3']) await keep(orderNo);
  await store.put('archives/main/DDMON2/extraction-0-0.json', Buffer.from('no JSON'));
  const repository = createArchiveRepository(store);
  const told: string[] = [];
  const orders = await Array.fromAsync(repository.orders('main', ({ message }) => told.push(message)));
  expect(orders.map(({ orderNo }) => orderNo).sort()).toEqual(['DDMON1', 'DDMON3']);
  expect(told).toEqual([expect.stringContaining('archives/main/DDMON2/extraction-0-0.json')]);
  await expect(Array.fromAsync(repository.orders('main'))).rejects.toThrow(EvidenceError);
});

describe('archives', () => {
  test.each(['discard-1', 'refusal-1', 'extraction-1'])('of an order that is called %s are found', async (orderNo) => {
    await keep(orderNo);
    const kept = { archives: [{ orderNo }], extractions: [{ orderNo }], refusals: [], discards: [] };
    expect(await createArchiveRepository(store).findOrder('main', orderNo)).toMatchObject(kept);
  });

  test('an order is found with its archives and, in order, what was made from them', async () => {
    const repository = createArchiveRepository(store);
    await keep('DDMON1');
    await repository.keepExtraction(extraction('DDMON1', 1));
    await repository.keepExtraction(extraction('DDMON1', 0, 20_000));
    expect(await repository.findOrder('main', 'DDMON1')).toEqual({
      orderNo: 'DDMON1',
      archives: [archive('DDMON1')],
      extractions: [extraction('DDMON1', 0), extraction('DDMON1', 0, 20_000), extraction('DDMON1', 1)],
      refusals: [],
      discards: [],
    });
    expect(await repository.findOrder('main', 'DDMON')).toBeNull();
    expect(await repository.findOrder('other', 'DDMON1')).toBeNull();
  });

  test.each(['../../etc/passwd', 'a/b', '.', '', 'x'.repeat(300), '订单'])(
    'an order called %j stays in its folder and keeps its name',
    async (orderNo) => {
      await keep(orderNo);
      expect(await readdir(root)).toEqual(['evidence', 'spooled.zip']);
      expect((await createArchiveRepository(store).findOrder('main', orderNo))?.orderNo).toBe(orderNo);
    },
  );

  test('the first and the last archive of each day are found, also refused ones, and after an erasure', async () => {
    const orderNos = ['D1', 'D2', 'D3', 'D4'];
    const puts = ['2026-03-16T10:00Z', '2026-03-16T08:00Z', '2026-03-16T09:00Z', '2026-03-17T08:00Z'];
    for (const orderNo of orderNos.slice(0, 3)) await keep(orderNo);
    const repository = createArchiveRepository(store);
    await repository.keepRefusal({ ...archive('D4'), reason: 'ARCHIVE_DAMAGED' }, join(root, 'spooled.zip'));
    for (const [index, put] of puts.entries()) {
      const file = join(root, 'evidence', 'archives', 'main', orderNos[index]!, `${SHA256}.zip`);
      await utimes(file, new Date(put), new Date(put));
    }
    // This writes each note again, today.
    for (const orderNo of orderNos.slice(0, 3)) await repository.replaceArchive(archive(orderNo), null, 7);
    const found = await Array.fromAsync(repository.firstAndLastOfDays('main'));
    expect(found.map(({ orderNo }) => orderNo).sort()).toEqual(['D1', 'D2', 'D4']);
    expect(await Array.fromAsync(repository.firstAndLastOfDays('other'))).toEqual([]);
  });

  test('all orders of an account come once each', async () => {
    for (const orderNo of ['DDMON1', 'DDMON2', 'DDMON22']) await keep(orderNo);
    const orders = await Array.fromAsync(createArchiveRepository(store).orders('main'));
    expect(orders.map(({ orderNo }) => orderNo).sort()).toEqual(['DDMON1', 'DDMON2', 'DDMON22']);
  });

  test('an archive that is kept already is not written again, so that its age stays', async () => {
    await keep('DDMON1');
    const puts: string[] = [];
    const watched = { ...store, put: async (key: string) => void puts.push(key) };
    await createArchiveRepository(watched).keepArchive(archive('DDMON1'), join(root, 'gone.zip'));
    expect(puts).toEqual([]);
  });

  test('an archive is copied byte for byte, and one that was altered or is missing is an error', async () => {
    const repository = createArchiveRepository(store);
    await keep('DDMON1');
    await repository.copyArchive(archive('DDMON1'), join(root, 'copy'));
    expect(await readFile(join(root, 'copy'))).toEqual(CONTENT);
    const key = `archives/main/DDMON1/${SHA256}.zip`;
    await store.put(key, Buffer.from('altered'));
    await expect(repository.copyArchive(archive('DDMON1'), join(root, 'copy'))).rejects.toMatchObject({
      kind: 'altered',
    });
    await store.delete(key);
    await expect(repository.copyArchive(archive('DDMON1'), join(root, 'copy'))).rejects.toMatchObject({
      kind: 'altered',
    });
  });
});

describe('answers', () => {
  const response = (fields: Partial<RawResponse> = {}): RawResponse => ({
    endpoint: 'getExceptions',
    query: { corpKeyNo: 'corp', checkId: 'check' },
    lookup: 'lookup',
    status: 200,
    body: Buffer.from('{"status":"200"}'),
    sentAt: 10,
    receivedAt: 11,
    ...fields,
  });
  const question = { account: 'main', endpoint: 'getExceptions', corpKeyNo: 'corp', checkId: 'check' };
  const find = async () => (await createResponseRepository(store).find(question)).map((found) => found.response);

  test('those to one question come back as they came, oldest first, and no others', async () => {
    const repository = createResponseRepository(store);
    const later = response({ sentAt: 20, receivedAt: 21, status: 502, body: Buffer.from([0xff, 0xfe, 0x00]) });
    const tooLarge = response({ sentAt: 30, receivedAt: 31, body: null });
    for (const each of [tooLarge, later, response()]) await repository.keep('main', each);
    await repository.keep('other', response());
    await repository.keep('main', response({ endpoint: 'getShiXinList' }));
    await repository.keep('main', response({ query: { corpKeyNo: 'corp', checkId: 'check-2' } }));
    expect(await find()).toEqual([response(), later, tooLarge]);
  });

  test('pages of one lookup, and equal times of two, do not replace one another', async () => {
    const repository = createResponseRepository(store);
    const page = (pageIndex: string) => response({ query: { ...response().query, pageIndex } });
    for (const each of [page('1'), page('2'), response({ lookup: 'other' })]) await repository.keep('main', each);
    expect(await find()).toHaveLength(3);
  });

  test('one that was changed is found out', async () => {
    await createResponseRepository(store).keep('main', response());
    const [object] = await Array.fromAsync(store.list('answers/'));
    const text = await readFile(join(root, 'evidence', object!.key), 'utf8');
    await store.put(object!.key, Buffer.from(text.replace('\\"200\\"', '\\"201\\"')));
    await expect(find()).rejects.toMatchObject({ kind: 'altered' });
  });
});

describe('keys', () => {
  test.each(['DDMON2021031616145803273367', '20fca223f172c505e32b6954d0642079', 'a.b-c_d'])(
    '%s stays readable',
    (text) => {
      expect(keyPart(text)).toBe(text);
    },
  );
});

describe('waiting for the store', () => {
  const log = { error: () => {}, info: () => {} };
  const watch = () => {
    const said: (string | null)[] = [];
    return { said, deps: { log, health: { set: (_part: string, problem: string | null) => void said.push(problem) } } };
  };
  const input = { what: 'archive a', signal: new AbortController().signal };

  test('it goes on when the store is back, and says so in between', async () => {
    const { said, deps } = watch();
    let failures = 2;
    const value = await keepPatiently(deps, input, async () => {
      if (failures-- > 0) throw new EvidenceError('unavailable', 'disk full');
      return 'kept';
    });
    expect(value).toBe('kept');
    expect(said).toEqual([expect.stringContaining('disk full'), expect.stringContaining('disk full'), null]);
  });

  test('it ends with the signal', async () => {
    const { said, deps } = watch();
    const ending = new AbortController();
    const waiting = keepPatiently(deps, { what: 'archive a', signal: ending.signal }, async () => {
      ending.abort(new Error('partition lost'));
      throw new EvidenceError('unavailable', 'disk full');
    });
    await expect(waiting).rejects.toThrow();
    expect(said.at(-1)).toBeNull();
  });

  test('what waiting does not mend is thrown at once', async () => {
    const altered = new EvidenceError('altered', 'another hash');
    await expect(keepPatiently(watch().deps, input, () => Promise.reject(altered))).rejects.toBe(altered);
  });
});

describe('retention', () => {
  const prune = async (objects: readonly (readonly [string, number])[], dryRun = false) => {
    const deleted: string[] = [];
    const aged = {
      ...store,
      async *list(prefix: string): AsyncGenerator<EvidenceObject, void, undefined> {
        for (const [key, putAt] of objects) if (key.startsWith(prefix)) yield { key, putAt, bytes: 10 };
      },
      delete: async (key: string) => void deleted.push(key),
    };
    return { pruned: await pruneEvidence(aged, { account: 'main', before: 100, dryRun }), deleted };
  };
  const OBJECTS = [
    ['archives/main/A/1.zip', 10],
    ['archives/main/A/1.json', 20],
    ['archives/main/B/1.zip', 10],
    ['archives/main/B/extraction-1-0.json', 200],
    ['answers/main/corp/1', 99],
    ['answers/main/corp/2', 100],
    ['archives/other/A/1.zip', 10],
    ['answers/other/corp/1', 10],
  ] as const;

  test('an order is deleted as a whole once its newest part is older, a response separately, and nothing of another account', async () => {
    const { pruned, deleted } = await prune(OBJECTS);
    expect(deleted).toEqual(['archives/main/A/1.zip', 'archives/main/A/1.json', 'answers/main/corp/1']);
    expect(pruned).toEqual({ objects: 3, bytes: 30 });
  });

  test("an erasure restarts nobody's retention: not where it changes an archive, looks into it, or deletes it", async () => {
    const file = join(root, 'spooled.zip');
    await writeFile(file, CONTENT);
    const repository = createArchiveRepository(store);
    const by = { file, sha256: SHA256, bytes: CONTENT.length };
    const refusal = { ...archive('R'), keptAt: 99, reason: 'ARCHIVE_DAMAGED' };
    const responses = createResponseRepository(store);
    const sent = { endpoint: 'getExceptions', query: { corpKeyNo: 'corp', checkId: 'check' }, lookup: randomUUID() };
    for (const sentAt of [1_000_000_000_099, 1_000_000_000_100]) {
      const body = Buffer.from('{}');
      await responses.keep('main', { ...sent, status: 200, body, sentAt, receivedAt: sentAt });
    }
    const kept = { ...archive('A'), keptAt: 1_000_000_000_000 };
    const orders = [
      ['A', kept],
      ['B', kept],
      ['C', { ...kept, keptAt: 1_000_000_000_100 }],
      ['D', kept],
    ] as const;
    for (const [orderNo, each] of orders) await repository.keepArchive({ ...each, orderNo }, file);
    for (const orderNo of ['R', 'S']) await repository.keepRefusal({ ...refusal, orderNo, keptAt: kept.keptAt }, file);
    await repository.keepExtraction(extraction('D', 1));
    await repository.replaceArchive({ ...kept, orderNo: 'A' }, by, 7);
    await repository.replaceArchive({ ...kept, orderNo: 'B' }, null, 7);
    await repository.deleteArchive({ ...refusal, orderNo: 'R', keptAt: kept.keptAt }, 7);
    await repository.replaceArchive({ ...refusal, orderNo: 'S', keptAt: kept.keptAt }, by, 7);
    await responses.rewrite({
      account: 'main',
      putSince: 0,
      change: (each) => ({ ...each, body: Buffer.from('{"changed":true}') }),
      ofAltered: () => 'keep',
      dryRun: false,
    });
    await pruneEvidence(store, { account: 'main', before: 1_000_000_000_100, dryRun: false });
    const left = (await Array.fromAsync(store.list(''))).map(({ key }) => key.split('/').slice(1, 3).join('/'));
    expect([...new Set(left)].sort()).toEqual(['main/C', 'main/D', 'main/corp']);
    expect(await Array.fromAsync(store.list('answers/'))).toHaveLength(1);
  });

  test('a dry run counts and deletes nothing', async () => {
    expect(await prune(OBJECTS, true)).toEqual({ pruned: { objects: 3, bytes: 30 }, deleted: [] });
  });

  test('an empty store is no failure', async () => {
    expect((await prune([])).pruned).toEqual({ objects: 0, bytes: 0 });
  });
});
