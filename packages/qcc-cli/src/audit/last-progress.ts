import type { ClickHouseSide } from '../connect-clickhouse.ts';
import { revisionKey } from './places.ts';

/**
 * When orders last made progress, by order and revision, in milliseconds since the epoch. Only the first
 * fact that a position was parsed, rejected or stored counts: the sink publishes it again if a batch is repeated or details
 * settle. Repeated callbacks do not count either. An order without facts is absent.
 */
export async function readLastProgress(
  clickhouse: ClickHouseSide,
  { account, orderNos }: { account: string; orderNos: readonly string[] },
): Promise<ReadonlyMap<string, number>> {
  if (orderNos.length === 0) return new Map();
  const rows = await clickhouse.rows<{ orderNo: string; revision: number; movedAt: number }>(
    `SELECT order_no AS orderNo, revision, toUnixTimestamp64Milli(max(moved_at)) AS movedAt
     FROM (
       SELECT
         order_no, revision,
         if(stage IN ('RECEIVED', 'PARSED', 'REJECTED', 'STORED'), min(at), max(at)) AS moved_at
       FROM {{db}}.order_events
       ARRAY JOIN CAST(
         if(empty(positions), [0], arrayFlatten(arrayMap(r -> range(r.first, r.last + 1), positions))) AS Array(UInt32)
       ) AS position
       WHERE account = {account: String} AND order_no IN {orderNos: Array(String)}
         AND stage NOT IN ('CONFIRMED', 'DETAILS_PENDING', 'ENRICHED')
       GROUP BY order_no, revision, stage, position
     )
     GROUP BY order_no, revision`,
    { account, orderNos },
  );
  return new Map(rows.map(({ orderNo, revision, movedAt }) => [revisionKey(orderNo, revision), movedAt]));
}
