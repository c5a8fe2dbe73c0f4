import type { Order } from 'qcc-core/domain';

/** When orders were published, by whichever instance, and when QCC last called; milliseconds since the epoch. */
export type OrderAttempts = {
  /** The newest publication of each order. */
  readonly at: Map<string, number>;
  lastCallbackAt: number;
};

export const createAttempts = (): OrderAttempts => ({ at: new Map(), lastCallbackAt: -Infinity });

/** Takes note of an order that was published, in any order of their times: the newest counts. */
export function noteAttempt(
  attempts: OrderAttempts,
  { orderNo, source, receivedAt }: Pick<Order, 'orderNo' | 'source' | 'receivedAt'>,
): void {
  attempts.at.set(orderNo, Math.max(receivedAt, attempts.at.get(orderNo) ?? receivedAt));
  if (source === 'callback') attempts.lastCallbackAt = Math.max(attempts.lastCallbackAt, receivedAt);
}
