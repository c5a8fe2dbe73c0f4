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
  const orders = Map.groupBy(occurrences, ({ account, orderNo, revision }) =>
    JSON.stringify([account, orderNo, revision]),
  );
  return [...orders.values()].map((those) => {
    const { account, orderNo, revision } = those[0]!;
    return orderEvent(codec, { ...fact, account, orderNo, revision, positions: those.map(({ position }) => position) });
  });
}

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
