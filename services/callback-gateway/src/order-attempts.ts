import type { Order } from 'qcc-core/contract/domain';

/** When orders were published, by whichever instance, and when QCC last called; milliseconds since the epoch. */
export type OrderAttempts = {
  /**
   * The newest publication of each order by reconcile or a person, or its first callback, as far as it is remembered. The one noted
   * last is at the end.
   */
  readonly at: Map<string, number>;
  lastCallbackAt: number;
};

/** A listed order is published again after 21 hours at most, or a day later with the longest interval, or it is done. */
const KEPT_MS = 2 * 86_400_000;
/** Anybody who has the key can name orders. A day has a few dozen real ones, so only a flood comes to this limit. */
const MOST_ORDERS = 100_000;

export const createAttempts = (): OrderAttempts => ({ at: new Map(), lastCallbackAt: -Infinity });

/**
 * Notes that an order was published. The calls need not be sorted by time; the newest publication counts. A repeated callback does not
 * count, because anybody who has the key could otherwise keep reconcile from an order, by callbacks that the extractor passes over. Forgets
 * notes that are too old, and the first ones if there are too many. A forgotten order may be published again, and then counts as lost.
 */
export function noteAttempt(
  attempts: OrderAttempts,
  { orderNo, source, receivedAt }: Pick<Order, 'orderNo' | 'source' | 'receivedAt'>,
  now: number,
): void {
  const { at } = attempts;
  if (source === 'callback') attempts.lastCallbackAt = Math.max(attempts.lastCallbackAt, receivedAt);
  const isRepeated = source === 'callback' && at.has(orderNo);
  if (!isRepeated && now - receivedAt < KEPT_MS) {
    const newest = Math.max(receivedAt, at.get(orderNo) ?? receivedAt);
    at.delete(orderNo);
    at.set(orderNo, newest);
  }
  for (const [oldest, notedAt] of at) {
    if (at.size <= MOST_ORDERS && now - notedAt < KEPT_MS) break;
    at.delete(oldest);
  }
}
