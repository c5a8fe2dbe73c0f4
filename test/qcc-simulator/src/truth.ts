import type { Feed, FeedRecord } from './feed.ts';
import { isLater, type Order } from './orders.ts';

/** What an order truly holds, to compare a pipeline's outcome with. */
export type Truth = {
  orderNo: string;
  pushDate: string;
  /** totalSize of the archive; `records` is how many elements there really are. */
  declared: number;
  records: number;
  /** Every element by position, with the details that QCC answers. Made as it is read; can be read again. */
  occurrences: Iterable<FeedRecord>;
};

export function truthOf(feed: Feed, order: Order): Truth {
  const { orderNo, pushDate, declared, records } = order;
  return {
    orderNo,
    pushDate,
    declared,
    records,
    occurrences: { [Symbol.iterator]: () => feed.occurrences(order)[Symbol.iterator]() },
  };
}

/** An id's newest occurrence. */
export type CurrentTruth = FeedRecord & { id: string; orderNo: string; pushDate: string };

/**
 * Each id once, by its greatest pushDate, then orderNo, then position; ids in the order of their first appearance.
 * Keeps one small entry for each id, not the records.
 */
export function* currentTruth(feed: Feed, orders: readonly Order[]): Generator<CurrentTruth> {
  const newest = new Map<string, { order: Order; position: number }>();
  for (const order of orders) {
    for (let position = 0; position < order.records; position += 1) {
      const id = idOf(feed.elementAt(order, position));
      if (id === undefined) continue;
      const known = newest.get(id);
      if (!known || order === known.order || isLater(order, known.order)) newest.set(id, { order, position });
    }
  }
  for (const [id, { order, position }] of newest) {
    const { orderNo, pushDate } = order;
    yield { id, orderNo, pushDate, ...feed.occurrenceAt(order, position) };
  }
}

function idOf(element: unknown): string | undefined {
  return typeof element === 'object' && element !== null && 'id' in element && typeof element.id === 'string'
    ? element.id
    : undefined;
}
