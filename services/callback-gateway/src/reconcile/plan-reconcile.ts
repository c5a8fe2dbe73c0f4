import { backoffMs } from 'qcc-core/base/backoff';
import type { ListedOrder, UnnamedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';

/** The longest pause of an order that keeps failing, as a multiple of `attemptTtlMs`: 21 hours if that is ten minutes. */
const LONGEST_IN_TTLS = 128;

/** listLatestOrderNo names the last thirty orders (document 6.2.4). */
export const HORIZON_ORDERS = 30;

export type ReconcilePlan = {
  /** Listed orders that are neither done, nor on their way, nor left to their callback. The oldest is first: it leaves the list first. */
  toFetch: ListedOrder[];
  /** Those of them that were never published before: their callbacks did not come. */
  lost: ReadonlySet<string>;
  /** Whether an order is so new that its callback may still come: look again after `patienceMs`. */
  someAreYoung: boolean;
  /** How many orders may still come before the oldest one that is not done falls off the list. */
  beforeHorizon: number;
};

const byNewest = (a: { createDate: number | null }, b: { createDate: number | null }): number =>
  (b.createDate ?? -Infinity) - (a.createDate ?? -Infinity) || 0;

/**
 * Compares what QCC lists with what the pipeline has. An attempt (milliseconds of the last publication) holds an order
 * back for `attemptTtlMs`, after which it is tried again. The time doubles with each failure that is the order's own fault.
 * A new order is left to its callback for `patienceMs`. Orders of unknown age count as the oldest. An order without a number cannot
 * be fetched, so it counts as not done.
 */
export function planReconcile(input: {
  listed: readonly ListedOrder[];
  unnamed?: readonly UnnamedOrder[];
  isDone: (orderNo: string) => boolean;
  failures: (orderNo: string) => number;
  attempts: ReadonlyMap<string, number>;
  now: number;
  attemptTtlMs: number;
  patienceMs: number;
}): ReconcilePlan {
  const { attempts, failures, now, isDone } = input;
  const newestFirst = input.listed.toSorted(byNewest);
  const rows = [...newestFirst, ...(input.unnamed ?? []).map(({ createDate }) => ({ orderNo: null, createDate }))];
  const oldestNotDone = rows.toSorted(byNewest).findLastIndex(({ orderNo }) => orderNo === null || !isDone(orderNo));
  const backoff = { first: input.attemptTtlMs, most: input.attemptTtlMs * LONGEST_IN_TTLS };
  const ttlMs = (orderNo: string) => backoffMs(backoff, failures(orderNo));
  const isOnItsWay = (orderNo: string) => now - (attempts.get(orderNo) ?? -Infinity) < ttlMs(orderNo);
  // Either way, as QCC's clock may be ahead.
  const isYoung = ({ orderNo, createDate }: ListedOrder) =>
    !attempts.has(orderNo) && createDate !== null && Math.abs(now - createDate) < input.patienceMs;
  const unique = new Map(newestFirst.toReversed().map((order) => [order.orderNo, order]));
  const due = [...unique.values()].filter(({ orderNo }) => !isDone(orderNo) && !isOnItsWay(orderNo));
  const toFetch = due.filter((order) => !isYoung(order));
  return {
    toFetch,
    lost: new Set(toFetch.map(({ orderNo }) => orderNo).filter((orderNo) => !attempts.has(orderNo))),
    someAreYoung: due.length > toFetch.length,
    beforeHorizon: Math.max(0, HORIZON_ORDERS - 1 - oldestNotDone),
  };
}
