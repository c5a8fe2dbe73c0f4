import type { AvroCodec } from '../../avro/codec.ts';
import type { Occurrence, OrderEvent, OrderStage } from '../../contract/domain.ts';
import { toRanges } from '../../contract/positions.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Outgoing } from '../wire/outgoing.ts';

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

/** A range of positions takes ten bytes in a fact, and each position of a batch may be a separate range. */
const MOST_POSITIONS = 50_000;

/**
 * Facts per order and revision: these occurrences have reached the stage. Positions are sets, so a fact that is too
 * large for one message is split into several.
 */
export function* orderEvents(
  codec: Pick<AvroCodec, 'encode'>,
  { occurrences, ...fact }: Pick<OrderFact, 'stage' | 'at'> & { occurrences: Occurrences },
): Generator<Outgoing> {
  for (const { positions, ...order } of occurrences.byOrder())
    for (let at = 0; at < positions.length; at += MOST_POSITIONS)
      yield orderEvent(codec, { ...fact, ...order, positions: positions.slice(at, at + MOST_POSITIONS) });
}

type OrderPositions = Pick<OrderFact, 'account' | 'orderNo' | 'revision'> & { positions: number[] };

/**
 * Collects occurrences by order and revision. It holds only their positions, because there are tens of thousands before they are
 * published.
 */
export class Occurrences {
  readonly #orders = new Map<string, OrderPositions>();
  #current: OrderPositions | undefined;

  /** Occurrences come order by order, so most belong to the order of the one before. Comparing the fields avoids making a key. */
  add({ account, orderNo, revision, position }: Occurrence): void {
    let order = this.#current;
    if (!order || order.orderNo !== orderNo || order.revision !== revision || order.account !== account) {
      const key = JSON.stringify([account, orderNo, revision]);
      order = this.#orders.get(key) ?? { account, orderNo, revision, positions: [] };
      this.#orders.set(key, order);
      this.#current = order;
    }
    order.positions.push(position);
  }
  byOrder(): readonly OrderPositions[] {
    return [...this.#orders.values()];
  }
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
