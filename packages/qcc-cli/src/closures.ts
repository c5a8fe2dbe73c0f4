import { BAD_STATUSES } from 'sink/ledger-alarm';

/** Who closed the newest revision of an order, and why; null where nobody did. */
export type Closed = { closed_at: string | null; closed_by: string | null; closed_reason: string | null };

/**
 * The view `orders` with `Closed` for each row, as a subquery. The view `order_closures_in_force` decides which closures hold. They
 * matter only while the order is FAILED or INCOMPLETE.
 */
export const ORDERS_WITH_CLOSURES = `(
  SELECT o.*, c.closed_at AS closed_at, c.closed_by AS closed_by, c.closed_reason AS closed_reason
  FROM {{db}}.orders AS o
  LEFT JOIN (
    SELECT account, order_no, revision, toNullable(toString(closed_at)) AS closed_at, toNullable(closed_by) AS closed_by,
      toNullable(reason) AS closed_reason, arrayJoin([${BAD_STATUSES.map((status) => `'${status}'`)}]) AS status
    FROM {{db}}.order_closures_in_force
  ) AS c ON c.account = o.account AND c.order_no = o.order_no AND c.revision = o.revision AND c.status = o.status
)`;

/** `closed by 张三 on 2026-11-24 09:00:00: why` */
export const describeClosed = ({ closed_at, closed_by, closed_reason }: Closed): string =>
  `closed by ${closed_by ?? '–'} on ${closed_at?.slice(0, 19) ?? '–'}: ${closed_reason ?? '–'}`;
