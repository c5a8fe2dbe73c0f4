import { expect, test } from 'vitest';
import { memoryStore } from '../store/version-store.ts';
import { changeRecord, versionOf } from '../testing/change-record.ts';
import { deliverChange, type Outcome } from './deliver-change.ts';
import { createFilter } from './match-filter.ts';

const ignore = async () => {};
const base = () => ({
  store: memoryStore(),
  versions: 'newest' as 'newest' | 'all',
  isErased: () => false,
  mismatch: createFilter({ categories: ['1'] }),
  portfoliosOf: null,
});
const change = (version: number, category = '1') => ({
  record: changeRecord({ category }),
  version: versionOf(version),
  from: 'topic' as const,
});

test('versions are compared as unsigned bytes', async () => {
  const deps = base();
  expect(await deliverChange(deps, change(0x7fffffff), ignore)).toBe('handled');
  expect(await deliverChange(deps, change(0x80000000), ignore)).toBe('handled');
  expect(await deliverChange(deps, change(0x7fffffff), ignore)).toBe('older');
});

test('an older version that passes the filter does not follow a newer one that does not', async () => {
  const deps = base();
  const outcomes: Outcome[] = [];
  for (const each of [change(2, '3'), change(1), change(3), change(3)])
    outcomes.push(await deliverChange(deps, each, ignore));
  expect(outcomes).toEqual(['filtered', 'older', 'handled', 'older']);
});

test('with all versions, each is handed over with the word whether it is the newest', async () => {
  const deps = { ...base(), versions: 'all' as const };
  const newest: boolean[] = [];
  for (const each of [change(2), change(1), change(3), change(3)])
    await deliverChange(deps, each, async ({ isNewest }) => void newest.push(isNewest));
  expect(newest).toEqual([true, false, true, false]);
});

test('a change whose handler fails is not remembered', async () => {
  const deps = base();
  const fail = async () => {
    throw new Error('it failed');
  };
  await expect(deliverChange(deps, change(1), fail)).rejects.toThrow('it failed');
  expect(await deliverChange(deps, change(1), ignore)).toBe('handled');
});

test('records of two accounts with the same id are two records', async () => {
  const deps = base();
  const other = { ...change(1), record: changeRecord({ account: 'other' }) };
  expect(await deliverChange(deps, change(2), ignore)).toBe('handled');
  expect(await deliverChange(deps, other, ignore)).toBe('handled');
});

test('a change without a version is always new', async () => {
  const deps = base();
  const record = { record: changeRecord(), version: null, from: 'topic' as const };
  expect([await deliverChange(deps, record, ignore), await deliverChange(deps, record, ignore)]).toEqual([
    'handled',
    'handled',
  ]);
});

test('an erased change is not handed over, and leaves nothing in the store', async () => {
  const deps = { ...base(), isErased: (_: unknown, from: string) => from === 'topic' };
  expect(await deliverChange(deps, change(1), ignore)).toBe('erased');
  expect(await deps.store.get(change(1).record)).toBeUndefined();
  expect(await deliverChange(deps, { ...change(1), from: 'history' }, ignore)).toBe('handled');
});
