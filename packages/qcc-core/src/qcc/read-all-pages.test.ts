import { expect, test } from 'vitest';
import type { QccOutcome } from './outcome.ts';
import { readAllPages } from './read-all-pages.ts';

type Page = { rows: { id: string }[]; total: number | null };
const page = (ids: string, total: number | null): QccOutcome<Page> => ({
  kind: 'success',
  value: { rows: [...ids].map((id) => ({ id })), total },
  fetchedAt: 1,
});
const empty: QccOutcome<Page> = { kind: 'empty', fetchedAt: 1 };

test.each<[string, QccOutcome<Page>[], string, number]>([
  ['one page holds all', [page('ab', 2)], 'ab', 2],
  ['the total is reached', [page('ab', 3), page('c', 3)], 'abc', 3],
  ['pages are smaller than asked for', [page('a', 3), page('b', 3), page('c', 3)], 'abc', 3],
  ['without a total, a page is empty', [page('ab', null), page('c', null), page('', null)], 'abc', 3],
  ['the page behind the last is 201', [page('ab', null), empty], 'ab', 2],
  ['the total counts more than there is', [page('ab', 9), page('', 9)], 'ab', 9],
  ['the total counts less than there is', [page('abc', 2)], 'abc', 3],
  ['the total is told late', [page('ab', null), page('c', 3)], 'abc', 3],
  ['a page repeats: the server does not page', [page('ab', 9), page('ab', 9)], 'ab', 9],
  ['the first page is empty', [page('', 0)], '', 0],
  ['the cap on pages is reached', [page('a', 99), page('b', 99), page('c', 99), page('d', 99)], 'abcd', 99],
])('ends where %s', async (_, pages, ids, total) => {
  const asked: number[] = [];
  const outcome = await readAllPages({
    readPage: async (pageIndex) => {
      asked.push(pageIndex);
      return pages[pageIndex - 1]!;
    },
    idOf: ({ id }) => id,
    maxPages: 4,
  });
  expect(outcome).toEqual({ kind: 'success', value: { rows: [...ids].map((id) => ({ id })), total }, fetchedAt: 1 });
  expect(asked).toEqual(pages.map((_page, index) => index + 1));
});

test.each<[string, QccOutcome<Page>[]]>([
  ['the first page is 201', [empty]],
  ['a later page fails', [page('a', 2), { kind: 'pause', code: '116', reason: 'QCC_116', message: 'x' }]],
])('there is no list when %s', async (_, pages) => {
  const readPage = async (pageIndex: number) => pages[pageIndex - 1]!;
  const outcome = await readAllPages({ readPage, idOf: ({ id }) => id, maxPages: 4 });
  expect(outcome).toBe(pages.at(-1));
});
