import type { ChangeRecord, OrderEvent } from 'qcc-core/domain';
import { toRanges } from 'qcc-core/positions';

/** One fact per order and revision: the positions of these records have reached the stage. */
export function toOrderEvents(input: {
  stage: 'DETAILS_PENDING' | 'ENRICHED';
  at: number;
  records: readonly ChangeRecord[];
}): OrderEvent[] {
  const orders = Map.groupBy(input.records, ({ account, orderNo, revision }) => `${account}|${orderNo}|${revision}`);
  return [...orders.values()].map((records) => {
    const { account, orderNo, revision } = records[0]!;
    return {
      account,
      orderNo,
      revision,
      stage: input.stage,
      at: input.at,
      positions: toRanges(records.map(({ position }) => position)),
      source: null,
      pushDate: null,
      declared: null,
      archiveSha256: null,
      unconfirmed: false,
      reason: null,
    };
  });
}
