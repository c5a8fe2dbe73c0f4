import type { AvroCodec } from './avro/codec.ts';
import type { ChangeRecord, OrderEvent, OrderStage } from './domain.ts';
import type { Outgoing } from './kafka/outgoing.ts';
import { TOPICS } from './kafka/topics.ts';
import { toRanges } from './positions.ts';

export type OrderFact = Pick<OrderEvent, 'account' | 'orderNo' | 'revision' | 'at'> & {
  stage: OrderStage;
  /** In any order. */
  positions?: Iterable<number>;
} & Partial<Pick<OrderEvent, 'source' | 'pushDate' | 'declared' | 'archiveSha256' | 'unconfirmed' | 'reason'>>;

type Occurrence = Pick<ChangeRecord, 'account' | 'orderNo' | 'revision' | 'position'>;

/** A fact about an order, as a message for `order-events`. */
export const orderEvent = (codec: Pick<AvroCodec, 'encode'>, fact: OrderFact): Outgoing => ({
  topic: TOPICS.orderEvents,
  key: fact.orderNo,
  value: codec.encode('order-events', toOrderEvent(fact)),
});

/** One fact per order and revision: the positions of these occurrences have reached the stage. */
export function orderEvents(
  codec: Pick<AvroCodec, 'encode'>,
  { occurrences, ...fact }: Pick<OrderFact, 'stage' | 'at'> & { occurrences: readonly Occurrence[] },
): Outgoing[] {
  return groupByOrder(occurrences).map((those) => {
    const { account, orderNo, revision } = those[0]!;
    return orderEvent(codec, { ...fact, account, orderNo, revision, positions: those.map(({ position }) => position) });
  });
}

/** Occurrences come order by order, so most are of the same as the one before, which is told without making a key. */
function groupByOrder(occurrences: readonly Occurrence[]): Occurrence[][] {
  const orders = new Map<string, Occurrence[]>();
  let current: Occurrence[] = [];
  for (const occurrence of occurrences) {
    if (!current[0] || !isSameOrder(current[0], occurrence)) {
      const { account, orderNo, revision } = occurrence;
      const key = JSON.stringify([account, orderNo, revision]);
      current = orders.get(key) ?? [];
      orders.set(key, current);
    }
    current.push(occurrence);
  }
  return [...orders.values()];
}

const isSameOrder = (one: Occurrence, other: Occurrence): boolean =>
  one.orderNo === other.orderNo && one.revision === other.revision && one.account === other.account;

/** What `orderEvent` encodes. */
export const toOrderEvent = ({ positions, ...fact }: OrderFact): OrderEvent => ({
  source: null,
  pushDate: null,
  declared: null,
  archiveSha256: null,
  unconfirmed: false,
  reason: null,
  ...fact,
  positions: toRanges(positions ?? []),
});
