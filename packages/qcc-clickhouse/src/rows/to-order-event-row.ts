import type { OrderEvent } from 'qcc-core/contract/domain';
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
