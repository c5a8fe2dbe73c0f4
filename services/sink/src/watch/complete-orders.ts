import type { ClickHouseClient } from '@clickhouse/client';

/** An order that is complete, by the ledger; times in milliseconds since the epoch. */
export type CompleteOrder = { orderNo: string; receivedAt: number; completedAt: number };

export type CompleteOrders = {
  /** From when on completed orders are to be read; null for all. */
  since(): number | null;
  /** Takes what was read, at a time: tells which of them are new, and when the newest complete order was received. */
  judge(orders: readonly CompleteOrder[], at: number): { appeared: CompleteOrder[]; newestReceivedAt: number | null };
};

/** How long before it was seen an order may have been completed: facts may come late while ClickHouse is away. */
const MOST_DELAY_MS = 3_600_000;

/**
 * Tells each order once that became complete since this process began, and what the newest of all is. The first reading is of all
 * orders, later ones of the last hour.
 */
export function createCompleteOrders(startedAt: number): CompleteOrders {
  /** Told already, by when they were completed. */
  const told = new Map<string, number>();
  let readAt: number | null = null;
  let newestReceivedAt: number | null = null;
  return {
    since: () => (readAt === null ? null : readAt - MOST_DELAY_MS),
    judge(orders, at) {
      const from = Math.max(startedAt, at - MOST_DELAY_MS);
      for (const [orderNo, completedAt] of told) if (completedAt < from - MOST_DELAY_MS) told.delete(orderNo);
      const appeared = orders.filter(({ orderNo, completedAt }) => completedAt >= from && !told.has(orderNo));
      for (const { orderNo, completedAt } of appeared) told.set(orderNo, completedAt);
      for (const { receivedAt } of orders) newestReceivedAt = Math.max(newestReceivedAt ?? 0, receivedAt);
      readAt = at;
      return { appeared, newestReceivedAt };
    },
  };
}

type Deps = { client: ClickHouseClient; database: string; account: string };

/**
 * Complete orders of the account about which facts came since a time. Replays do not count: they are received long after the order.
 * Without `since`, only the order that was received last, of all.
 */
export async function readCompleteOrders(
  { client, database, account }: Deps,
  since: number | null,
  signal: AbortSignal,
): Promise<CompleteOrder[]> {
  const newest = `
    SELECT order_no AS orderNo, toUnixTimestamp64Milli(assumeNotNull(received_at)) AS receivedAt, 0 AS completedAt
    FROM \`${database}\`.orders
    WHERE account = {account: String} AND status = 'COMPLETE' AND revision = 0 AND received_at IS NOT NULL
    ORDER BY received_at DESC LIMIT 1`;
  // The ledger's own time is the one at which the last record was published. It is stored a little later.
  const recent = `
    SELECT
      o.order_no AS orderNo,
      toUnixTimestamp64Milli(assumeNotNull(received_at)) AS receivedAt,
      toUnixTimestamp64Milli(greatest(assumeNotNull(completed_at), facts.stored_at)) AS completedAt
    FROM \`${database}\`.orders AS o
    INNER JOIN (
      SELECT order_no, maxIf(at, stage = 'STORED' AND revision = 0) AS stored_at
      FROM \`${database}\`.order_events
      WHERE account = {account: String} AND at >= fromUnixTimestamp64Milli({since: Int64})
      GROUP BY order_no
    ) AS facts ON facts.order_no = o.order_no
    WHERE account = {account: String} AND status = 'COMPLETE' AND revision = 0 AND received_at IS NOT NULL`;
  const result = await client.query({
    query: since === null ? newest : recent,
    query_params: { account, since: since ?? 0 },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    abort_signal: signal,
  });
  return await result.json<CompleteOrder>();
}
