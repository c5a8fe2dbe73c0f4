import type { ClickHouseSide } from './connect-clickhouse.ts';

/** What the ledger counts of one revision of an order, by positions in ascending order. */
export type LedgerSets = {
  orderNo: string;
  revision: number;
  parsed: number[];
  rejected: number[];
  stored: number[];
  /** How many of the stored ones wait for their details. */
  pendingDetails: number;
  /** When its publishing began last, milliseconds since the epoch; null where it did not. */
  startedAt: number | null;
};

/** Every revision of an order, or of all orders of the account: the newest last. */
export const readLedgerSets = (
  clickhouse: ClickHouseSide,
  { account, orderNo = '' }: { account: string; orderNo?: string | undefined },
): Promise<LedgerSets[]> =>
  clickhouse.rows<LedgerSets>(
    `SELECT
       order_no AS orderNo, revision,
       bitmapToArray(groupBitmapMergeState(l.parsed)) AS parsed,
       bitmapToArray(groupBitmapMergeState(l.rejected)) AS rejected,
       bitmapToArray(groupBitmapMergeState(l.stored)) AS stored,
       bitmapAndnotCardinality(groupBitmapMergeState(l.stored), groupBitmapMergeState(l.settled)) AS pendingDetails,
       toUnixTimestamp64Milli(max(l.extracting_at)) AS startedAt
     FROM {{db}}.order_ledger AS l
     WHERE account = {account: String} AND {orderNo: String} IN ('', order_no)
     GROUP BY order_no, revision ORDER BY order_no, revision`,
    { account, orderNo },
  );
