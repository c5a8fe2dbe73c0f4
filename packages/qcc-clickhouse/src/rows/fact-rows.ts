import type {
  CoverageFact,
  DeadLetterAction,
  DetailSpend,
  Erasure,
  OrderClosure,
  OrderEvent,
  PortfolioMember,
} from 'qcc-core/contract/domain';
import { lineage, type Place } from './lineage.ts';

/** A message of `order-events` → a row of `order_events`; instants stay whole milliseconds. */
export const toOrderEventRow = (event: OrderEvent, place: Place) => ({
  account: event.account,
  order_no: event.orderNo,
  revision: event.revision,
  stage: event.stage,
  at: event.at,
  positions: event.positions,
  source: event.source,
  push_date: event.pushDate,
  declared: event.declared,
  archive_sha256: event.archiveSha256,
  unconfirmed: event.unconfirmed,
  reason: event.reason,
  ...lineage(place),
});

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

/** A message of `dead-letter-actions` → a row of `dead_letter_actions`. */
export const toDeadLetterActionRow = (action: DeadLetterAction, place: Place) => ({
  dead_letter_id: action.deadLetterId,
  account: action.account,
  action: action.action,
  at: action.at,
  order_no: action.orderNo,
  decided_by: action.decidedBy,
  reason: action.reason,
  ...lineage(place),
});

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

/** A message of `detail-spend` → a row of `detail_spend_entries`; instants stay whole milliseconds, days day numbers. */
export const toDetailSpendRow = (spend: DetailSpend, place: Place) => ({
  account: spend.account,
  day: spend.day,
  records_partition: spend.partition,
  reserved: spend.reserved,
  calls: spend.calls.map(({ endpoint, code, count }) => ({ endpoint, code, count })),
  updated_at: spend.updatedAt,
  ...lineage(place),
});

/** A message of `erasures` → a row of `erasures`; hashes stay on the topic. */
export const toErasureRow = (erasure: Erasure, place: Place) => ({
  account: erasure.account,
  id: erasure.id,
  about: erasure.nameHash === null ? 'COMPANY' : erasure.companyHash === null ? 'PERSON' : 'PERSON_IN_COMPANY',
  at: erasure.at,
  reason: erasure.reason,
  decided_by: erasure.decidedBy,
  ...lineage(place),
});

/** A message of `portfolio` → a row of `portfolio_members`; instants stay whole milliseconds. */
export const toPortfolioMemberRow = (member: PortfolioMember, place: Place) => ({
  account: member.account,
  portfolio: member.portfolio,
  member: member.member,
  credit_code: member.creditCode,
  reg_no: member.regNo,
  name: member.name,
  attributes: member.attributes,
  loaded_at: member.loadedAt,
  removed: Number(member.removed),
  ...lineage(place),
});
