import { hash } from 'node:crypto';
import type { DetailPage } from './endpoints/endpoint.ts';
import type { QccOutcome } from './outcome.ts';

/**
 * Why a list may lack rows that QCC has. REPEATED_PAGE: a page brought nothing new before the end was reached. TOO_MANY_PAGES:
 * there are more than are read. INCOMPLETE_TOTAL: QCC counts more rows than it sent. ODD_ROWS: rows that cannot be read were
 * left out, and nothing else is missing.
 */
export const INCOMPLETE_REASONS = ['REPEATED_PAGE', 'TOO_MANY_PAGES', 'INCOMPLETE_TOTAL', 'ODD_ROWS'] as const;
export type IncompleteReason = (typeof INCOMPLETE_REASONS)[number];

export type AllPages<Row> = {
  /** Each id once. */
  rows: Row[];
  /** How many rows were left out, because they cannot be read. */
  oddRows: number;
  /** How many QCC has: never fewer than `rows` and `oddRows`, more if QCC counts more than it sent. */
  total: number;
  /** Null where the list is complete. */
  incompleteReason: IncompleteReason | null;
};

/** 10,000 rows of one debtor: a guard against a server that never ends, not a limit met in practice. */
const MAX_PAGES = 500;

/**
 * Reads pages until `total` rows have arrived. QCC's totals and page sizes are unreliable, so it also stops at an empty page, at a
 * page without new rows, and after `maxPages`. If more rows arrive than QCC's total, the total is ignored. A total that equals the
 * rows of the first page is believed: another call would cost money for every list that ends there. If a page fails, the whole
 * lookup fails. Without `idOf`, the first page is the whole list. A list without rows is `empty`, like status 201, unless QCC reports
 * a total above 0. `fetchedAt` is the time of the first page.
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
  const list = gatherRows(idOf);
  list.add(first.value);
  let total = first.value.total;
  let last = first.value;
  let cutOff: IncompleteReason | null = null;
  // A row that moves to the next page while pages are read arrives twice: it does not disprove the total.
  const isReached = () => total !== null && list.received >= total && list.seen() <= total;
  for (let pageIndex = 2; idOf && !isEmpty(last) && !isReached(); pageIndex++) {
    if (pageIndex > maxPages) {
      cutOff = 'TOO_MANY_PAGES';
      break;
    }
    const page = await input.readPage(pageIndex);
    if (page.kind === 'empty') break;
    if (page.kind !== 'success') return page;
    last = page.value;
    total = last.total ?? total;
    if (!list.add(last) && !isEmpty(last)) {
      cutOff = 'REPEATED_PAGE';
      break;
    }
  }
  const { rows, oddRows } = list;
  const seen = list.seen();
  if (seen === 0 && !total) return { kind: 'empty', fetchedAt: first.fetchedAt };
  const incompleteReason: IncompleteReason | null =
    cutOff ?? (seen < (total ?? 0) ? 'INCOMPLETE_TOTAL' : oddRows > 0 ? 'ODD_ROWS' : null);
  const value = { rows, oddRows, total: Math.max(total ?? 0, seen), incompleteReason };
  return { kind: 'success', value, fetchedAt: first.fetchedAt };
}

const isEmpty = ({ rows, odd }: DetailPage<unknown>): boolean => rows.length + odd.length === 0;

function gatherRows<Row>(idOf: ((row: Row) => string) | undefined) {
  const rows: Row[] = [];
  const ids = new Set<string>();
  const pages = new Set<string>();
  const list = {
    rows,
    oddRows: 0,
    /** Rows as they came, those that came twice included. */
    received: 0,
    seen: () => rows.length + list.oddRows,
    /** Whether the page brings anything new. Odd rows have no id: they are new where the page as a whole is. */
    add(page: DetailPage<Row>): boolean {
      const pageIds = idOf ? page.rows.map(idOf) : [];
      const key = hash('sha256', JSON.stringify([pageIds, page.odd]), 'base64');
      if (pages.has(key)) return false;
      pages.add(key);
      const before = rows.length;
      for (const [index, row] of page.rows.entries()) {
        const id = pageIds[index];
        if (id !== undefined && ids.has(id)) continue;
        if (id !== undefined) ids.add(id);
        rows.push(row);
      }
      list.oddRows += page.odd.length;
      list.received += page.rows.length + page.odd.length;
      return rows.length > before || page.odd.length > 0;
    },
  };
  return list;
}
