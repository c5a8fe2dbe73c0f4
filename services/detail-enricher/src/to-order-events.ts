import type { ChangeRecord, OrderEvent } from 'qcc-core/domain';
import { toOrderEvent } from 'qcc-core/order-event';

/** One fact per order and revision: the positions of these records have reached the stage. */
export function toOrderEvents(input: {
  stage: 'DETAILS_PENDING' | 'ENRICHED';
  at: number;
  records: readonly ChangeRecord[];
}): OrderEvent[] {
  const orders = Map.groupBy(input.records, ({ account, orderNo, revision }) => `${account}|${orderNo}|${revision}`);
  return [...orders.values()].map((records) => {
    const { account, orderNo, revision } = records[0]!;
    const { stage, at } = input;
    return toOrderEvent({ account, orderNo, revision, stage, at, positions: records.map(({ position }) => position) });
  });
}
