/** Orders that failed a short while ago, or could not be confirmed. */
export type RecentFailures = {
  note(order: string): void;
  has(order: string): boolean;
};

const MOST_ORDERS = 10_000;

/**
 * Anybody who has the key can repeat a callback, and each try of a bad order may cost a download. So callbacks do not bring an
 * order again within `ms` of its failure: reconcile does, if QCC lists it.
 */
export function createRecentFailures({ ms, now }: { ms: number; now: () => number }): RecentFailures {
  /** When each order failed last, the oldest first. */
  const failedAt = new Map<string, number>();
  return {
    note(order) {
      failedAt.delete(order);
      failedAt.set(order, now());
      for (const [oldest, at] of failedAt) {
        if (failedAt.size <= MOST_ORDERS && now() - at < ms) break;
        failedAt.delete(oldest);
      }
    },
    has: (order) => now() - (failedAt.get(order) ?? -Infinity) < ms,
  };
}
