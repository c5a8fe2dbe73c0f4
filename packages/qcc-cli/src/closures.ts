import { BAD_STATUSES } from 'qcc-clickhouse/ledger/ledger-alarm';

/** Who closed the newest revision of an order, and why; null where nobody did. */
export type Closed = { closed_at: string | null; closed_by: string | null; closed_reason: string | null };

/** What tables of orders say of each, from `ORDERS_WITH_CLOSURES`. */
export type OrderCounts = Closed & {
  account: string;
  order_no: string;
  revision: number;
  push_date: string | null;
  declared: number | null;
  parsed: number;
  rejected: number;
  stored: number;
  status: string;
  reason: string | null;
};

/**
 * The view `orders` with `Closed` for each row, as a subquery. The view `order_closures_in_force` decides which closures hold. A closure
 * applies while the order is FAILED or INCOMPLETE. On a COMPLETE order it applies only if it was made when the order was already
 * COMPLETE; it then means that the archive is lost.
 */
export const ORDERS_WITH_CLOSURES = `(
  SELECT o.*,
    o.status IN (${BAD_STATUSES.map((status) => `'${status}'`)}) OR ifNull(c.at >= o.completed_at, false) AS is_closable,
    if(is_closable, toString(c.at), NULL) AS closed_at,
    if(is_closable, c.closed_by, NULL) AS closed_by,
    if(is_closable, c.reason, NULL) AS closed_reason
  FROM {{db}}.orders AS o
  LEFT JOIN (
    SELECT account, order_no, revision, toNullable(closed_at) AS at, toNullable(closed_by) AS closed_by, toNullable(reason) AS reason
    FROM {{db}}.order_closures_in_force
  ) AS c ON c.account = o.account AND c.order_no = o.order_no AND c.revision = o.revision
)`;

/** `closed by 张三 on 2026-11-24 09:00:00: why` */
export const describeClosed = ({ closed_at, closed_by, closed_reason }: Closed): string =>
  `closed by ${closed_by ?? '–'} on ${closed_at?.slice(0, 19) ?? '–'}: ${closed_reason ?? '–'}`;

/** `INCOMPLETE (COUNT_MISMATCH)`; an order that is COMPLETE has no reason. */
export const describeStatus = (status: string, reason: string | null): string =>
  status === 'COMPLETE' ? status : `${status} (${reason ?? 'no reason given'})`;
