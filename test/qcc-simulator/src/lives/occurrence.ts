import type { Feed, RecordFields } from '../feed.ts';
import { isLater, type Order } from '../orders.ts';
import type { Population, Push } from './life.ts';
import { detailsOfPush } from './push-details.ts';
import { type Direction, tell } from './tell.ts';

/** A record of a season as it was sent. */
export type Occurrence = {
  order: Order;
  position: number;
  population: Population;
  push: Push;
  element: RecordFields;
  direction: Direction;
  /** Rows of its details; 0 where QCC answers 201, null where there is nothing to ask. */
  detailRows: number | null;
};

/** The records of the orders by pushDate, orderNo and position: the newest last. */
export function* occurrencesOf(feed: Feed, orders: readonly Order[]): Generator<Occurrence> {
  for (const order of orders.toSorted((a, b) => (isLater(a, b) ? 1 : -1))) {
    if (order.slice === null) continue;
    const { population, pushes } = order.slice;
    for (const [position, push] of pushes.entries()) {
      const element = feed.elementAt(order, position) as RecordFields;
      const { direction } = tell(population, push);
      const detailRows = detailsOfPush(population, push)?.rows.length ?? null;
      yield { order, position, population, push, element, direction, detailRows };
    }
  }
}

/** Where and when a record was pushed. */
export type Pushed = { orderNo: string; position: number; pushDate: string };

export const pushedIn = ({ order: { orderNo, pushDate }, position }: Occurrence): Pushed => ({
  orderNo,
  position,
  pushDate,
});
