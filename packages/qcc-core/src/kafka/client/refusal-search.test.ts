import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusalSearch } from './refusal-search.ts';

const refused = () => Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });

/** Sends items in order as a consumer does: items that were not committed are sent again, and refused ones are put aside. */
function sendAll(items: readonly number[], isBad: (item: number) => boolean) {
  const search = new RefusalSearch<number>(String);
  const committed: number[] = [];
  const aside: number[] = [];
  let tries = 0;
  for (let at = 0; at < items.length; tries += 1) {
    const batch = items.slice(at, at + Math.min(search.most, 500));
    const sent = batch.filter((item) => search.refusalsOf(item).length === 0);
    if (sent.some(isBad)) {
      expect(search.failed(batch, refused())).toBe(true);
      continue;
    }
    for (const item of batch) (search.refusalsOf(item).length === 0 ? committed : aside).push(item);
    search.committed(batch);
    at += batch.length;
  }
  return { committed, aside, tries, search };
}

test('exactly the refused items are put aside, and the search ends', () => {
  fc.assert(
    fc.property(fc.nat({ max: 400 }), fc.uniqueArray(fc.nat({ max: 400 }), { maxLength: 12 }), (length, bad) => {
      const items = Array.from({ length }, (_, item) => item);
      const { committed, aside, tries } = sendAll(items, (item) => bad.includes(item));
      expect(aside).toEqual(items.filter((item) => bad.includes(item)));
      expect(committed).toEqual(items.filter((item) => !bad.includes(item)));
      expect(tries).toBeLessThanOrEqual(20 + 2 * bad.length * 10);
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('one refused item among 500 is found in as many failures as halving takes', () => {
  const items = Array.from({ length: 500 }, (_, item) => item);
  expect(sendAll(items, (item) => item === 321).tries).toBeLessThan(30);
});

test('a failure that is no refusal changes nothing', () => {
  const search = new RefusalSearch<number>(String);
  expect(search.failed([1], new Error('fenced'))).toBe(false);
  expect([search.most, search.refusalsOf(1)]).toEqual([Number.POSITIVE_INFINITY, []]);
});

test('each refusal of an item alone is counted until the item is committed', () => {
  const search = new RefusalSearch<number>(String);
  search.failed([1, 2], refused());
  search.failed([1], refused());
  search.failed([1], refused());
  expect([search.most, search.refusalsOf(1).length, search.refusalsOf(2).length]).toEqual([1, 2, 0]);
  search.committed([1]);
  expect([search.most, search.refusalsOf(1).length]).toEqual([2, 0]);
});
