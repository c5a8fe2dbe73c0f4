import type { DetailSpend } from 'qcc-core/contract/domain';
import { lineage, type Place } from './lineage.ts';

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
