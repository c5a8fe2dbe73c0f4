import type { z } from 'zod';

/** One endpoint of the document: its path below the base URL, what goes into the query, what comes out of a response. */
export type Endpoint<Input, Value> = {
  /** As the section's title has it; the document's hyperlinks point at stale hosts and paths. */
  name: string;
  /** Its responses hold secrets, whatever their shape: nothing of one may be quoted. */
  returnsSecrets?: true;
  /** The query beside `key`. */
  query(input: Input): Record<string, string>;
  /** Reads the fields of a response with status 200, names trimmed. */
  result(input: Input): z.ZodType<Value>;
};

/** What the detail endpoints ask for: the company and the 校验ID of one change, both from the archive. */
export type DetailInput = { corpKeyNo: string; checkId: string };

export type DetailPage<Row> = {
  rows: Row[];
  /** JSON of the rows that cannot be read. */
  odd: string[];
  /** Rows on all pages, as far as QCC says it. */
  total: number | null;
};

/**
 * How one detail endpoint is asked, and how a page of its list is read. The endpoints themselves are folders of qcc-details:
 * the client knows only this shape.
 */
export type DetailCall<Row> = Endpoint<DetailInput & { pageIndex: number }, DetailPage<Row>> & {
  /** Only of a list that comes in pages. It tells rows apart: the same row may be on two pages, and a server may repeat a page. */
  idOf?(row: Row): string;
};
