import { describeChange } from './changes.ts';
import type { CheckIds, FeedPosition } from './check-ids.ts';
import { type Company, companyAt } from './companies.ts';
import { type Details, detailEndpoint, detailsOf } from './details.ts';
import { isLater, type Order } from './orders.ts';
import { randomOf } from './random.ts';
import { type FeedRecord, type RecordFields, type RecordSource, recordFields } from './record.ts';

type Deps = { seed: string; companies: number; orders: readonly Order[]; checkIds: CheckIds };

export type RandomRecords = RecordSource & {
  /** To be told of each order once, so that a checkId that comes again answers for the record pushed last. */
  announce(order: Order): void;
};

/** What an id keeps whenever it comes: its company and its type, both from where it first stood. */
type Identity = { origin: FeedPosition; id: string; type: string; company: Company };

/** Records that are random one by one: only an id that comes again knows of another record. */
export function createRandomRecords({ seed, companies, orders, checkIds }: Deps): RandomRecords {
  const newest = new Map<string, FeedPosition>();

  function originOf(order: Order, position: number): FeedPosition | { broken: number } {
    const slot = order.layout.at(position);
    switch (slot.kind) {
      case 'broken':
        return { broken: slot.index };
      case 'repeat':
        return repeatedPlace(order, slot.index);
      case 'again':
        return { sequence: order.sequence, position: slot.position };
      case 'fresh':
        return { sequence: order.sequence, position };
    }
  }

  function identityOf(origin: FeedPosition): Identity {
    const random = randomOf(seed, 'identity', origin.sequence, origin.position);
    const { types } = orders[origin.sequence]!;
    return {
      origin,
      id: random.hex(random.chance(0.9) ? 33 : 32),
      type: types[origin.position % types.length]!,
      company: companyAt(seed, random.int(0, companies - 1)),
    };
  }

  function elementAt(order: Order, position: number): unknown {
    const origin = originOf(order, position);
    if ('broken' in origin) return brokenElement(origin.broken);
    return elementOf(order, identityOf(origin), { sequence: order.sequence, position });
  }

  function recordAt(order: Order, position: number): FeedRecord {
    const origin = originOf(order, position);
    if ('broken' in origin) return { position, element: brokenElement(origin.broken), details: null };
    const identity = identityOf(origin);
    const place = { sequence: order.sequence, position };
    const element = elementOf(order, identity, place);
    return { position, element, details: element.checkId === '' ? null : detailsOfPlace(order, identity, place) };
  }

  function elementOf(order: Order, identity: Identity, place: FeedPosition): RecordFields {
    const { id, type, company, origin } = identity;
    const random = randomOf(seed, 'content', place.sequence, place.position);
    const removed = isRemoved(place, origin);
    const change = describeChange({ random, company, removed, type, pushedAt: order.pushedAt });
    const checkId = checkIdOf(order, identity, place);
    return recordFields({ order, random, oneIn: 10 }, { id, type, company, change, checkId });
  }

  /** The place a checkId speaks for: its own, or with `same` the one in the earlier order. */
  function checkIdOf(order: Order, { type, origin }: Identity, place: FeedPosition): string {
    const isShared = order.repeatCheckId === 'same' && origin.sequence !== order.sequence;
    const spoken = isShared ? origin : place;
    const missing = randomOf(seed, 'check', spoken.sequence, spoken.position).chance(
      orders[spoken.sequence]!.withoutCheckId,
    );
    return detailEndpoint(type) === undefined || missing ? '' : checkIds.of(spoken);
  }

  function detailsOfPlace(order: Order, { type, company, origin }: Identity, place: FeedPosition): Details | null {
    const endpoint = detailEndpoint(type);
    if (endpoint === undefined) return null;
    const random = randomOf(seed, 'details', place.sequence, place.position);
    return detailsOf(endpoint, { random, company, removed: isRemoved(place, origin), pushedAt: order.pushedAt });
  }

  /** What comes again may say that the company is off the list. */
  function isRemoved(place: FeedPosition, origin: FeedPosition): boolean {
    return !samePlace(place, origin) && randomOf(seed, 'removed', place.sequence, place.position).chance(0.5);
  }

  return {
    elementAt,
    recordAt,
    detailsAt: (spokenOrder, spokenPosition) => {
      const spoken = { sequence: spokenOrder.sequence, position: spokenPosition };
      const place = newest.get(placeKey(spoken)) ?? spoken;
      const order = orders[place.sequence]!;
      const origin = originOf(order, place.position);
      if ('broken' in origin) return undefined;
      const identity = identityOf(origin);
      const details = detailsOfPlace(order, identity, place);
      return details === null ? undefined : { corpKeyNo: identity.company.corpKeyNo, details };
    },
    announce: (order) => {
      if (order.repeatCheckId === 'new') return;
      for (let index = 0; index < order.repeat; index += 1) {
        const origin = repeatedPlace(order, index);
        const known = newest.get(placeKey(origin)) ?? origin;
        if (!isLater(order, orders[known.sequence]!)) continue;
        newest.set(placeKey(origin), { sequence: order.sequence, position: order.layout.positionOfRepeat(index) });
      }
    },
  };
}

/**
 * The place whose id is repeated. It takes the earlier orders in turn, and in each the new ids at even distances. The ids differ as long
 * as there are enough of them.
 */
function repeatedPlace(order: Order, index: number): FeedPosition {
  const earlier = order.earlier[index % order.earlier.length]!;
  const nth = index - (index % order.earlier.length);
  const position = earlier.layout.positionOfFresh(Math.floor((nth * earlier.layout.fresh) / order.repeat));
  return { sequence: earlier.sequence, position };
}

function brokenElement(index: number): unknown {
  const kinds = [null, 42, 'not a record', [], { corpName: '没有编号的公司' }, { id: 7, corpKeyNo: null, type: {} }];
  return kinds[index % kinds.length];
}

const placeKey = ({ sequence, position }: FeedPosition): string => `${sequence}:${position}`;
const samePlace = (a: FeedPosition, b: FeedPosition): boolean => a.sequence === b.sequence && a.position === b.position;
