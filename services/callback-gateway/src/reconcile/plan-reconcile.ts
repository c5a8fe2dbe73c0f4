import type { ListedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';

/** listLatestOrderNo names the last thirty orders (document 6.2.4). */
export const HORIZON_ORDERS = 30;

export type ReconcilePlan = {
  /** Listed orders that are neither settled nor on their way, the oldest first: it falls off the list first. */
  toFetch: ListedOrder[];
  /** How many orders may still come before the oldest unsettled one falls off the list. */
  beforeHorizon: number;
};

/**
 * Compares what QCC lists with what the pipeline has. An attempt (milliseconds of the last publication) holds an order
 * back for `attemptTtlMs`, after which it counts as lost. Orders of unknown age count as the oldest.
 */
export function planReconcile(input: {
  listed: readonly ListedOrder[];
  settled: (orderNo: string) => boolean;
  attempts: ReadonlyMap<string, number>;
  now: number;
  attemptTtlMs: number;
}): ReconcilePlan {
  const newestFirst = input.listed.toSorted((a, b) => (b.createDate ?? -Infinity) - (a.createDate ?? -Infinity) || 0);
  const oldestUnsettled = newestFirst.findLastIndex(({ orderNo }) => !input.settled(orderNo));
  const isAttempted = (orderNo: string) => {
    const publishedAt = input.attempts.get(orderNo);
    return publishedAt !== undefined && input.now - publishedAt < input.attemptTtlMs;
  };
  const unique = new Map(newestFirst.toReversed().map((order) => [order.orderNo, order]));
  return {
    toFetch: [...unique.values()].filter(({ orderNo }) => !input.settled(orderNo) && !isAttempted(orderNo)),
    beforeHorizon: Math.max(0, HORIZON_ORDERS - 1 - oldestUnsettled),
  };
}
