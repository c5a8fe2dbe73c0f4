import type { AvroCodec } from './avro/codec.ts';
import type { OrderEvent, OrderStage } from './domain.ts';
import type { Outgoing } from './kafka/outgoing.ts';
import { TOPICS } from './kafka/topics.ts';
import { toRanges } from './positions.ts';

export type OrderFact = Pick<OrderEvent, 'account' | 'orderNo' | 'revision' | 'at'> & {
  stage: OrderStage;
  /** In any order. */
  positions?: Iterable<number>;
} & Partial<Pick<OrderEvent, 'source' | 'pushDate' | 'declared' | 'archiveSha256' | 'unconfirmed' | 'reason'>>;

/** A fact about an order, as a message for `order-events`. */
export const orderEvent = (codec: Pick<AvroCodec, 'encode'>, fact: OrderFact): Outgoing => ({
  topic: TOPICS.orderEvents,
  key: fact.orderNo,
  value: codec.encode('order-events', toOrderEvent(fact)),
});

/** The same as the value that is encoded. */
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
