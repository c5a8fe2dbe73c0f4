import type { OrderClosure } from 'qcc-core/contract/domain';
import { lineage, type Place } from './lineage.ts';

/** A message of `order-closures` → a row of `order_closures`. */
export const toOrderClosureRow = (closure: OrderClosure, place: Place) => ({
  account: closure.account,
  order_no: closure.orderNo,
  revision: closure.revision,
  closed_at: closure.at,
  closed_by: closure.decidedBy,
  reason: closure.reason,
  ...lineage(place),
});
