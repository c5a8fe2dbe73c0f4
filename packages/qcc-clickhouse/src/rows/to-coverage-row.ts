import type { CoverageFact } from 'qcc-core/contract/domain';
import { lineage, type Place } from './lineage.ts';

/** A message of `coverage` → a row of `coverage_facts`; instants stay whole milliseconds. */
export const toCoverageRow = (fact: CoverageFact, place: Place) => ({
  account: fact.account,
  kind: fact.kind,
  at: fact.at,
  day: fact.day,
  push_window: fact.pushWindow,
  window_start: fact.windowStart,
  window_end: fact.windowEnd,
  orders: fact.orders.map(({ orderNo, createDate }) => ({ order_no: orderNo, create_date: createDate })),
  covered: fact.covered,
  closed: fact.closed,
  complete: fact.complete,
  push_windows: fact.pushWindows,
  gap: fact.gap,
  gap_after: fact.after,
  gap_before: fact.before,
  reason: fact.reason,
  result: fact.result,
  decided_by: fact.decidedBy,
  ...lineage(place),
});
