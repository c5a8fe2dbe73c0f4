/** For how long an order's trouble counts as everybody's, which the order waits out. */
export type Patience = {
  /** Whether the order has been in trouble for so long that it is its own; the first time begins the waiting. */
  isOver(orderNo: string): boolean;
  /** The order is done with, one way or the other. */
  end(orderNo: string): void;
};

/**
 * An answer of 5xx, or a download that breaks off, says nothing of whether QCC or this one order is at fault: an outage of
 * a minute must fail no order, and one order that QCC cannot give must not hold up the others for good.
 */
export function createPatience({ ms, now }: { ms: number; now: () => number }): Patience {
  const since = new Map<string, number>();
  return {
    isOver(orderNo) {
      const began = since.get(orderNo) ?? now();
      since.set(orderNo, began);
      return now() - began >= ms;
    },
    end: (orderNo) => void since.delete(orderNo),
  };
}
