import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { versionOf } from '../testing/change-record.ts';
import { sqliteStore } from './sqlite-store.ts';
import { memoryStore } from './version-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcc-subscriber-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const file = () => join(folder, `${files++}.db`);

describe.each([
  { name: 'in memory', open: memoryStore },
  { name: 'in a file', open: () => sqliteStore(file()) },
])('a store $name', ({ open }) => {
  test('gives the version that was set, by account and id', async () => {
    const store = open();
    await store.set({ account: 'a', id: 'bc' }, versionOf(1));
    await store.set({ account: 'ab', id: 'c' }, versionOf(2));
    await store.set({ account: 'a', id: 'bc' }, versionOf(0x80000000));
    const get = async (account: string, id: string) => Buffer.from((await store.get({ account, id })) ?? []);
    expect(await get('a', 'bc')).toEqual(versionOf(0x80000000));
    expect(await get('ab', 'c')).toEqual(versionOf(2));
    expect(await store.get({ account: 'a', id: 'b' })).toBeUndefined();
  });
});

test('a file has what was flushed, and forgets the rest with the process', () => {
  const path = file();
  const store = sqliteStore(path);
  store.set({ account: 'a', id: '1' }, versionOf(1));
  void store.flush?.();
  store.set({ account: 'a', id: '2' }, versionOf(1));
  using reader = sqliteStore(path);
  expect(reader.get({ account: 'a', id: '1' })).toEqual(new Uint8Array(versionOf(1)));
  expect(reader.get({ account: 'a', id: '2' })).toBeUndefined();
  store[Symbol.dispose]();
  expect(reader.get({ account: 'a', id: '2' })).toEqual(new Uint8Array(versionOf(1)));
});
