import { describeChange } from './changes.ts';
import { createCheckIds, type FeedPosition } from './check-ids.ts';
import { type Company, companyAt } from './companies.ts';
import { type Details, detailEndpoint, detailsOf } from './details.ts';
import { isLater, type Order } from './orders.ts';
import { randomOf } from './random.ts';

/** An element of an archive's `result` as its JSON has it, and what QCC answers when asked for its details. */
export type FeedRecord = {
  position: number;
  element: unknown;
  /**
   * Null where there is nothing to ask: another type, no checkId, no record. Where a later order brings the same
   * checkId again (`repeatCheckId: 'same'`), these are the details until then.
   */
  details: Details | null;
};

export type RecordFields = Readonly<Record<string, string | number>> & {
  id: string;
  corpKeyNo: string;
  checkId: string;
};

/** What the seed and the orders determine, made when asked for and never kept. */
export type Feed = {
  /** The element alone, which takes half the time of the whole occurrence. */
  elementAt(order: Order, position: number): unknown;
  occurrenceAt(order: Order, position: number): FeedRecord;
  occurrences(order: Order): Iterable<FeedRecord>;
  /** The company and newest details behind a checkId; undefined for an unknown one. */
  lookUp(checkId: string): { corpKeyNo: string; details: Details } | undefined;
  /** To be told of each order once, so that a checkId that comes again answers for the record pushed last. */
  announce(order: Order): void;
};

type FeedDeps = { seed: string; companies: number; orders: readonly Order[] };

/** What an id keeps whenever it comes: its company and its type, both from where it first stood. */
type Identity = { origin: FeedPosition; id: string; type: string; company: Company };

export function createFeed({ seed, companies, orders }: FeedDeps): Feed {
  const checkIds = createCheckIds(seed);
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
    return recordFields(order, identityOf(origin), { sequence: order.sequence, position });
  }

  function occurrenceAt(order: Order, position: number): FeedRecord {
    const origin = originOf(order, position);
    if ('broken' in origin) return { position, element: brokenElement(origin.broken), details: null };
    const identity = identityOf(origin);
    const place = { sequence: order.sequence, position };
    const element = recordFields(order, identity, place);
    return { position, element, details: element.checkId === '' ? null : detailsAt(order, identity, place) };
  }

  function recordFields(order: Order, identity: Identity, place: FeedPosition): RecordFields {
    const { id, type, company, origin } = identity;
    const random = randomOf(seed, 'content', place.sequence, place.position);
    const { typeName, category, categoryName, changeContent, changeExtend, changeDate } = describeChange({
      random,
      company,
      removed: isRemoved(place, origin),
      type,
      pushedAt: order.pushedAt,
    });
    const code = (text: string) => (order.numericCodes ? Number(text) : order.blankCodes ? ` ${text}` : text);
    return {
      id,
      corpKeyNo: company.corpKeyNo,
      corpName: company.corpName,
      type: code(type),
      typeName,
      category: code(category),
      categoryName,
      // The document's two examples differ in the order of these.
      ...(random.chance(0.5) ? { changeExtend, changeContent } : { changeContent, changeExtend }),
      changeDate,
      checkId: checkIdOf(order, identity, place),
      ...sometimes(random.int(0, 9), 'creditCode', company.creditCode),
      ...sometimes(random.int(0, 9), 'regNo', company.regNo),
      ...(order.unknownField ? { riskScore: random.int(0, 100) } : {}),
    };
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

  function detailsAt(order: Order, { type, company, origin }: Identity, place: FeedPosition): Details | null {
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
    occurrenceAt,
    *occurrences(order) {
      for (let position = 0; position < order.records; position += 1) yield occurrenceAt(order, position);
    },
    lookUp: (checkId) => {
      const spoken = checkIds.placeOf(checkId);
      if (!spoken) return undefined;
      const place = newest.get(placeKey(spoken)) ?? spoken;
      const order = orders[place.sequence];
      if (!order || place.position >= order.records) return undefined;
      const origin = originOf(order, place.position);
      if ('broken' in origin) return undefined;
      const identity = identityOf(origin);
      const details = detailsAt(order, identity, place);
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

/** The earlier orders in turn, and in each the new ids at even distances: different ones as long as they last. */
function repeatedPlace(order: Order, index: number): FeedPosition {
  const earlier = order.earlier[index % order.earlier.length]!;
  const nth = index - (index % order.earlier.length);
  const position = earlier.layout.positionOfFresh(Math.floor((nth * earlier.layout.fresh) / order.repeat));
  return { sequence: earlier.sequence, position };
}

/** One in ten is empty, one in ten absent, as the document has both. */
function sometimes(draw: number, name: string, value: string): Record<string, string> {
  if (draw === 0) return {};
  return { [name]: draw === 1 ? '' : value };
}

function brokenElement(index: number): unknown {
  const kinds = [null, 42, 'not a record', [], { corpName: '没有编号的公司' }, { id: 7, corpKeyNo: null, type: {} }];
  return kinds[index % kinds.length];
}

const placeKey = ({ sequence, position }: FeedPosition): string => `${sequence}:${position}`;
const samePlace = (a: FeedPosition, b: FeedPosition): boolean => a.sequence === b.sequence && a.position === b.position;
