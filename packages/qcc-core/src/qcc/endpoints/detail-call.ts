import type { Endpoint } from './endpoint.ts';

/** What the detail endpoints ask for: the company and the 校验ID of one change, both from the archive. */
export type DetailInput = { corpKeyNo: string; checkId: string };

export type DetailPage<Row> = {
  rows: Row[];
  /** Rows on all pages, as far as QCC says it. */
  total: number | null;
};

/**
 * How one detail endpoint is asked, and how a page of its list is read. The endpoints themselves are folders of qcc-details:
 * the client knows only this shape.
 */
export type DetailCall<Row> = Endpoint<DetailInput & { pageIndex: number }, DetailPage<Row>> & {
  /** Only of a list that comes in pages. It tells rows apart: a server that does not page repeats its first page. */
  idOf?(row: Row): string;
};
