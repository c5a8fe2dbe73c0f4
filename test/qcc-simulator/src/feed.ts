import { createCheckIds } from './check-ids.ts';
import { createSeasonRecords } from './lives/season-records.ts';
import type { Order } from './orders.ts';
import { createRandomRecords } from './random-records.ts';
import type { DetailAnswer, FeedRecord, RecordSource } from './record.ts';

export type { FeedRecord, RecordFields } from './record.ts';

/** What the seed and the orders determine, made when asked for and never kept. */
export type Feed = {
  /** The element alone, which takes half the time of the whole occurrence. */
  elementAt(order: Order, position: number): unknown;
  occurrenceAt(order: Order, position: number): FeedRecord;
  occurrences(order: Order): Iterable<FeedRecord>;
  /** The company and newest details behind a checkId; undefined for an unknown one. */
  lookUp(checkId: string): DetailAnswer | undefined;
  /** To be told of each order once, so that a checkId that comes again answers for the record pushed last. */
  announce(order: Order): void;
};

type FeedDeps = { seed: string; companies: number; orders: readonly Order[] };

export function createFeed({ seed, companies, orders }: FeedDeps): Feed {
  const checkIds = createCheckIds(seed);
  const randomRecords = createRandomRecords({ seed, companies, orders, checkIds });
  const seasonRecords = createSeasonRecords({ checkIds });
  const sourceOf = ({ slice }: Order): RecordSource => (slice === null ? randomRecords : seasonRecords);
  return {
    elementAt: (order, position) => sourceOf(order).elementAt(order, position),
    occurrenceAt: (order, position) => sourceOf(order).recordAt(order, position),
    *occurrences(order) {
      for (let position = 0; position < order.records; position += 1) yield sourceOf(order).recordAt(order, position);
    },
    lookUp: (checkId) => {
      const place = checkIds.placeOf(checkId);
      const order = place && orders[place.sequence];
      return order && place.position < order.records ? sourceOf(order).detailsAt(order, place.position) : undefined;
    },
    announce: randomRecords.announce,
  };
}
