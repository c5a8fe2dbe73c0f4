import type { DetailPage } from './endpoints/endpoint.ts';
import type { QccOutcome } from './outcome.ts';

export type AllPages<Row> = {
  rows: Row[];
  /** How many QCC has: never fewer than `rows`, more where it counts more than it gave. */
  total: number;
};

/** 10,000 rows of one debtor: a guard against a server that never ends, not a limit met in practice. */
const MAX_PAGES = 500;

/**
 * Reads pages from 1 on until the total is reached, or, since totals have been seen wrong and echoed page sizes do not
 * match what was asked for, until a page is empty, a page repeats the one before it, or `maxPages` are read. A page
 * that fails fails the whole. Without `idOf` the first page is the whole list. `fetchedAt` is that of the first page: the list is at least as new.
 */
export async function readAllPages<Row>(input: {
  readPage: (pageIndex: number) => Promise<QccOutcome<DetailPage<Row>>>;
  idOf: ((row: Row) => string) | undefined;
  /** Default 500. */
  maxPages?: number;
}): Promise<QccOutcome<AllPages<Row>>> {
  const { idOf, maxPages = MAX_PAGES } = input;
  const first = await input.readPage(1);
  if (first.kind !== 'success') return first;
  const rows = [...first.value.rows];
  let total = first.value.total;
  let previous = first.value.rows;
  for (let pageIndex = 2; idOf && previous.length > 0 && rows.length < (total ?? Infinity); pageIndex++) {
    if (pageIndex > maxPages) break;
    const page = await input.readPage(pageIndex);
    if (page.kind === 'empty') break;
    if (page.kind !== 'success') return page;
    if (hasSameIds(page.value.rows, previous, idOf)) break;
    rows.push(...page.value.rows);
    total = page.value.total ?? total;
    previous = page.value.rows;
  }
  return { kind: 'success', value: { rows, total: Math.max(total ?? 0, rows.length) }, fetchedAt: first.fetchedAt };
}

const hasSameIds = <Row>(one: Row[], other: Row[], idOf: (row: Row) => string): boolean =>
  one.length === other.length && one.every((row, index) => idOf(row) === idOf(other[index]!));
