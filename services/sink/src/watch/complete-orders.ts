import type { ClickHouseClient } from '@clickhouse/client';

/** An order that is complete, by the ledger; times in milliseconds since the epoch. */
export type CompleteOrder = { orderNo: string; receivedAt: number; completedAt: number };

export type CompleteOrders = {
  /** The start of the next reading; null for all orders. */
  since(): number | null;
  /** Takes the orders of a reading. Returns the new ones, and when the newest complete order was received. */
  judge(orders: readonly CompleteOrder[], at: number): { appeared: CompleteOrder[]; newestReceivedAt: number | null };
};

/** Facts may arrive late, while ClickHouse is away. */
const MOST_DELAY_MS = 3_600_000;

/** Enough for years. */
const REMEMBERED_ORDERS = 100_000;

/**
 * Returns each order once that becomes complete after the start of this process, and the newest complete order. The first reading covers
 * all orders. Later readings cover the time since the reading before, and an hour more.
 */
export function createCompleteOrders(startedAt: number): CompleteOrders {
  /** A record that is stored again later must not count its order again. */
  const known = new Set<string>();
  let readAt: number | null = null;
  let newestReceivedAt: number | null = null;
  return {
    since: () => (readAt === null ? null : readAt - MOST_DELAY_MS),
    judge(orders, at) {
      const from = Math.max(startedAt, (readAt ?? at) - MOST_DELAY_MS);
      const appeared = orders.filter(({ orderNo, completedAt }) => completedAt >= from && !known.has(orderNo));
      for (const { orderNo } of orders) known.add(orderNo);
      for (const oldest of known) {
        if (known.size <= REMEMBERED_ORDERS) break;
        known.delete(oldest);
      }
      for (const { receivedAt } of orders) newestReceivedAt = Math.max(newestReceivedAt ?? 0, receivedAt);
      readAt = at;
      return { appeared, newestReceivedAt };
    },
  };
}

type Deps = { client: ClickHouseClient; database: string; account: string };

/**
 * Reads the complete orders of the account that have facts since a time. Replays do not count: they are received long after the order.
 * Without `since`, it reads only the order that was received last.
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
