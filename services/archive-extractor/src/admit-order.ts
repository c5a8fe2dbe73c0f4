import type { AskListing, Listing } from 'qcc-archive/obtain/order-listing';
import type { Order } from 'qcc-core/contract/domain';
import { partitionName } from 'qcc-core/contract/topics';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Decides whether an order may be fetched: only if the result is `listed`. The first callbacks of an hour, and orders from other sources,
 * count as listed without a look at QCC's list. A message that was admitted and is delivered again counts once. If the list cannot decide
 * now, the order does not wait for it, because orders that QCC does list are behind it.
 * @throws the signal's reason
 */
export type AdmitOrder = (
  order: Pick<Order, 'orderNo' | 'source' | 'receivedAt'>,
  place: { topic: string; partition: number; offset: string },
  signal: AbortSignal,
) => Promise<Listing>;

/**
 * Admits `uncheckedPerHour` orders of callbacks an hour without asking for QCC's list, and others only if the list names them. So
 * real orders cost no extra call, and a person with the key cannot cause more calls than that with invented orders. A real order
 * that is not admitted is not lost: reconcile publishes it if QCC lists it, and a list that no longer has it is a gap.
 */
export function createAdmitOrder({
  uncheckedPerHour,
  askListing,
}: {
  uncheckedPerHour: number;
  askListing: AskListing;
}): AdmitOrder {
  const limiter = new RateLimiterMemory({ points: uncheckedPerHour, duration: 3_600 });
  const mayGoUnchecked = async (): Promise<boolean> => {
    try {
      await limiter.consume('callback');
      return true;
    } catch (rejected) {
      if (!(rejected instanceof RateLimiterRes)) throw rejected;
      return false;
    }
  };
  /** Offset of the last one, by partition: only that one can come again. */
  const admitted = new Map<string, string>();
  return async (order, place, signal) => {
    if (order.source !== 'callback' || admitted.get(partitionName(place)) === place.offset) return 'listed';
    const listing = (await mayGoUnchecked()) ? 'listed' : await askListing(order, signal);
    if (listing === 'listed') admitted.set(partitionName(place), place.offset);
    return listing;
  };
}

/** Orders that failed a short while ago, or could not be confirmed. */
export type RecentFailures = {
  note(order: string): void;
  has(order: string): boolean;
};

const MOST_ORDERS = 10_000;

/**
 * Anybody who has the key can repeat a callback, and each attempt at a bad order may cost a download. So a callback does not make the
 * extractor fetch an order again within `ms` of its failure. Reconcile does, if QCC lists the order.
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
