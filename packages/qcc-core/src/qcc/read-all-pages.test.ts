import { expect, test } from 'vitest';
import type { QccOutcome } from './outcome.ts';
import { readAllPages } from './read-all-pages.ts';

type Page = { rows: { id: string }[]; odd: string[]; total: number | null };
/** Each letter is the id of a row, each `!` a row that cannot be read. */
const page = (rows: string, total: number | null): QccOutcome<Page> => ({
  kind: 'success',
  value: {
    rows: [...rows.replaceAll('!', '')].map((id) => ({ id })),
    odd: [...rows.replaceAll(/[^!]/g, '')].map(() => '{}'),
    total,
  },
  fetchedAt: 1,
});
const empty: QccOutcome<Page> = { kind: 'empty', fetchedAt: 1 };

const read = async (pages: QccOutcome<Page>[]) => {
  const asked: number[] = [];
  const outcome = await readAllPages({
    readPage: async (pageIndex) => {
      asked.push(pageIndex);
      return pages[pageIndex - 1]!;
    },
    idOf: ({ id }) => id,
    maxPages: 4,
  });
  expect(asked).toEqual(pages.map((_page, index) => index + 1));
  return outcome;
};

type Expected = { ids: string; total: number; oddRows?: number; incompleteReason?: string };

test.each<[string, QccOutcome<Page>[], Expected]>([
  ['one page holds all', [page('ab', 2)], { ids: 'ab', total: 2 }],
  ['the total is reached', [page('ab', 3), page('c', 3)], { ids: 'abc', total: 3 }],
  ['pages are smaller than asked for', [page('a', 3), page('b', 3), page('c', 3)], { ids: 'abc', total: 3 }],
  ['without a total, a page is empty', [page('ab', null), page('c', null), page('', null)], { ids: 'abc', total: 3 }],
  ['the page behind the last is 201', [page('ab', null), empty], { ids: 'ab', total: 2 }],
  [
    'the total counts less than there is, as if it were 1',
    [page('abc', 1), page('def', 1), page('g', 1), page('', 1)],
    { ids: 'abcdefg', total: 7 },
  ],
  ['the total is 0, and 201 follows the rows', [page('abc', 0), page('d', 0), empty], { ids: 'abcd', total: 4 }],
  ['the total counts less than two pages have', [page('ab', 3), page('cd', 3), page('', 3)], { ids: 'abcd', total: 4 }],
  [
    'the total counts less, and the server does not page',
    [page('abc', 1), page('abc', 1)],
    { ids: 'abc', total: 3, incompleteReason: 'REPEATED_PAGE' },
  ],
  ['the total is reached, with a row twice', [page('ab', 3), page('bc', 3)], { ids: 'abc', total: 3 }],
  ['the total is told late', [page('ab', null), page('c', 3)], { ids: 'abc', total: 3 }],
  [
    'the total counts more than there is',
    [page('ab', 9), page('', 9)],
    { ids: 'ab', total: 9, incompleteReason: 'INCOMPLETE_TOTAL' },
  ],
  [
    'the total counts more, and 201 follows',
    [page('ab', 9), empty],
    { ids: 'ab', total: 9, incompleteReason: 'INCOMPLETE_TOTAL' },
  ],
  ['there is a total and no row', [page('', 9)], { ids: '', total: 9, incompleteReason: 'INCOMPLETE_TOTAL' }],
  [
    'a page repeats: the server does not page',
    [page('ab', 9), page('ab', 9)],
    { ids: 'ab', total: 9, incompleteReason: 'REPEATED_PAGE' },
  ],
  [
    'a page repeats, without a total',
    [page('ab', null), page('ab', null)],
    { ids: 'ab', total: 2, incompleteReason: 'REPEATED_PAGE' },
  ],
  [
    'a page repeats one that is not the last before it',
    [page('ab', 9), page('cd', 9), page('ab', 9)],
    { ids: 'abcd', total: 9, incompleteReason: 'REPEATED_PAGE' },
  ],
  [
    'a page brings the same rows in another order',
    [page('ab', 9), page('ba', 9)],
    { ids: 'ab', total: 9, incompleteReason: 'REPEATED_PAGE' },
  ],
  [
    'a row slips to the next page while pages are read: it is there once',
    [page('ab', 4), page('bc', 4)],
    { ids: 'abc', total: 4, incompleteReason: 'INCOMPLETE_TOTAL' },
  ],
  ['a row is twice on one page', [page('aab', 3)], { ids: 'ab', total: 3, incompleteReason: 'INCOMPLETE_TOTAL' }],
  [
    'the cap on pages is reached',
    [page('a', 99), page('b', 99), page('c', 99), page('d', 99)],
    { ids: 'abcd', total: 99, incompleteReason: 'TOO_MANY_PAGES' },
  ],
  ['a row cannot be read', [page('a!b', 3)], { ids: 'ab', total: 3, oddRows: 1, incompleteReason: 'ODD_ROWS' }],
  ['no row can be read', [page('!!', 2)], { ids: '', total: 2, oddRows: 2, incompleteReason: 'ODD_ROWS' }],
  [
    'pages of nothing but odd rows differ from a repeated page',
    [page('a', 4), page('!!', 4), page('b', 4)],
    { ids: 'ab', total: 4, oddRows: 2, incompleteReason: 'ODD_ROWS' },
  ],
  [
    'a page with an odd row repeats: it is left out once',
    [page('a!', 9), page('a!', 9)],
    { ids: 'a', total: 9, oddRows: 1, incompleteReason: 'REPEATED_PAGE' },
  ],
])('ends where %s', async (_, pages, { ids, oddRows = 0, incompleteReason = null, total }) => {
  const rows = [...ids].map((id) => ({ id }));
  expect(await read(pages)).toEqual({
    kind: 'success',
    value: { rows, oddRows, total, incompleteReason },
    fetchedAt: 1,
  });
});

test.each([0, null])('a list without rows, whose total is %j, is as empty as 201', async (total) => {
  expect(await read([page('', total)])).toEqual(empty);
});

test.each<[string, QccOutcome<Page>[]]>([
  ['the first page is 201', [empty]],
  ['a later page fails', [page('a', 2), { kind: 'pause', code: '116', reason: 'QCC_116', message: 'x' }]],
])('there is no list when %s', async (_, pages) => {
  const readPage = async (pageIndex: number) => pages[pageIndex - 1]!;
  const outcome = await readAllPages({ readPage, idOf: ({ id }) => id, maxPages: 4 });
  expect(outcome).toBe(pages.at(-1));
});
