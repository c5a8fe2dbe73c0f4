import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { SubscriptionError } from '../errors.ts';
import { erasure, versionOf } from '../testing/change-record.ts';
import { sqliteStore } from './sqlite-store.ts';
import { memoryStore } from './version-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-subscriber-'));
afterAll(() => rmSync(folder, { recursive: true }));
const K = { corpKeyNo: 'k1' };
let files = 0;
const file = () => join(folder, `${files++}.db`);

describe.each([
  { name: 'in memory', open: memoryStore },
  { name: 'in a file', open: () => sqliteStore(file()) },
])('a store $name', ({ open }) => {
  test('gives the version that was set, by account and id', async () => {
    const store = open();
    await store.set({ ...K, account: 'a', id: 'bc' }, versionOf(1));
    await store.set({ ...K, account: 'ab', id: 'c' }, versionOf(2));
    await store.set({ ...K, account: 'a', id: 'bc' }, versionOf(0x80000000));
    const get = async (account: string, id: string) => Buffer.from((await store.get({ ...K, account, id })) ?? []);
    expect(await get('a', 'bc')).toEqual(versionOf(0x80000000));
    expect(await get('ab', 'c')).toEqual(versionOf(2));
    expect(await store.get({ ...K, account: 'a', id: 'b' })).toBeUndefined();
  });

  test('keeps the greater version, whichever is set last', async () => {
    const store = open();
    const record = { ...K, account: 'a', id: '1' };
    for (const version of [2, 0x80000000, 3]) await store.set(record, versionOf(version));
    expect(Buffer.from((await store.get(record)) ?? [])).toEqual(versionOf(0x80000000));
  });

  test('forgets the versions of an erased company or record, and no others', async () => {
    const store = open();
    const keys = [
      { account: 'main', corpKeyNo: 'k1', id: 'r1' },
      { account: 'main', corpKeyNo: 'k1', id: 'r2' },
      { account: 'main', corpKeyNo: 'k2', id: 'r3' },
      { account: 'b', corpKeyNo: 'k1', id: 'r1' },
    ];
    for (const key of keys) await store.set(key, versionOf(1));
    const left = async () => {
      const found = await Promise.all(keys.map(async (key) => ({ key, version: await store.get(key) })));
      return found.filter(({ version }) => version).map(({ key: { account, id } }) => `${account} ${id}`);
    };
    await store.erase?.(erasure({ id: 'r2', extent: 'NAME' }));
    expect(await left()).toEqual(['main r1', 'main r3', 'b r1']);
    await store.erase?.(erasure());
    expect(await left()).toEqual(['main r3', 'b r1']);
  });

  test('knows an erasure that was handled, unless it came again with another time', async () => {
    const store = open();
    await store.erase?.(erasure({ id: 'r1', erasedAt: 7 }));
    const known = [
      erasure({ id: 'r1', erasedAt: 7 }),
      erasure({ id: 'r1', erasedAt: 6 }),
      erasure({ id: 'r2', erasedAt: 7 }),
      erasure({ erasedAt: 7 }),
      erasure({ account: 'b', id: 'r1', erasedAt: 7 }),
    ].map((each) => store.hasErased?.(each));
    expect(known).toEqual([true, false, false, false, false]);
  });
});

test('a file has what was flushed, and forgets the rest with the process', () => {
  const path = file();
  const store = sqliteStore(path);
  store.set({ ...K, account: 'a', id: '1' }, versionOf(1));
  void store.flush?.();
  store.set({ ...K, account: 'a', id: '2' }, versionOf(1));
  using reader = sqliteStore(path);
  expect(reader.get({ ...K, account: 'a', id: '1' })).toEqual(new Uint8Array(versionOf(1)));
  expect(reader.get({ ...K, account: 'a', id: '2' })).toBeUndefined();
  store[Symbol.dispose]();
  expect(reader.get({ ...K, account: 'a', id: '2' })).toEqual(new Uint8Array(versionOf(1)));
});

test('a file has a version before the next one of its record is asked about', () => {
  const path = file();
  using store = sqliteStore(path);
  const record = { ...K, account: 'a', id: '1' };
  store.set(record, versionOf(1));
  store.get(record);
  store.set(record, versionOf(2));
  using reader = sqliteStore(path);
  expect(reader.get(record)).toEqual(new Uint8Array(versionOf(1)));
});

/** A store whose disk the test fills, and what another process reads from its file. */
function storeOnDisk() {
  const path = file();
  const opening = vi.spyOn(DatabaseSync.prototype, 'exec');
  const store = sqliteStore(path);
  const database = opening.mock.contexts[0] as DatabaseSync;
  opening.mockRestore();
  return {
    store,
    /** No page can be added to the file, and its last one is full. */
    fill() {
      const { page_count } = database.prepare('PRAGMA page_count').get() as { page_count: number };
      database.exec(`PRAGMA max_page_count = ${page_count}`);
    },
    free: () => database.exec('PRAGMA max_page_count = 1000000'),
    idsIn(account: string): unknown[] {
      using reader = new DatabaseSync(path, { readOnly: true });
      const rows = reader.prepare('SELECT id FROM versions WHERE account = ? ORDER BY id').all(account);
      return rows.map(({ id }) => id);
    },
  };
}

test('a file whose disk was full has all versions and erasures once there is room', () => {
  const { store, fill, free, idsIn } = storeOnDisk();
  using _ = store;
  const ids = Array.from({ length: 300 }, (_, at) => String(at).padStart(3, '0'));
  const setAll = () => {
    for (const id of ids) store.set({ ...K, account: 'a', id }, versionOf(1));
    void store.flush?.();
  };
  store.set({ corpKeyNo: 'k2', account: 'a', id: 'erased' }, versionOf(1));
  void store.flush?.();
  fill();
  const erased = erasure({ account: 'a', corpKeyNo: 'k2' });
  void store.erase?.(erased);
  expect(setAll).toThrow('database or disk is full');
  expect(() => store.flush?.()).toThrow('database or disk is full');
  free();
  setAll();
  expect(idsIn('a')).toEqual(ids);
  expect(store.hasErased?.(erased)).toBe(true);
  expect(store.get({ corpKeyNo: 'k2', account: 'a', id: 'erased' })).toBeUndefined();
});

test('a version that was erased before it was in the file does not come back', () => {
  const { store, idsIn } = storeOnDisk();
  using _ = store;
  for (const [corpKeyNo, id] of [
    ['k1', 'r1'],
    ['k1', 'r2'],
    ['k2', 'r3'],
  ] as const)
    store.set({ account: 'main', corpKeyNo, id }, versionOf(1));
  void store.erase?.(erasure());
  store.set({ account: 'main', corpKeyNo: 'k1', id: 'r2' }, versionOf(2));
  void store.flush?.();
  expect(idsIn('main')).toEqual(['r2', 'r3']);
});

test('a file of an earlier version is refused with what to do', () => {
  const path = file();
  {
    using database = new DatabaseSync(path);
    database.exec(
      'CREATE TABLE versions (account TEXT, id TEXT, version BLOB, PRIMARY KEY (account, id)) WITHOUT ROWID',
    );
  }
  expect(() => sqliteStore(path)).toThrow(SubscriptionError);
  expect(() => sqliteStore(path)).toThrow(`${path} was written by an earlier version`);
});
