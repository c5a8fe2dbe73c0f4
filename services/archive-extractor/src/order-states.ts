import type { AvroCodec } from 'qcc-core/avro/codec';
import type { OrderState } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { TableStore } from 'qcc-core/kafka/exactly-once/table-partition';
import { type OrderProgress, type OrderStateStore, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { isEmptyState } from './plan-revision.ts';

/** What is known of the orders of one partition; this partition's lane is the only one that changes it. */
export type OrderStates = TableStore<OrderProgress>;

/**
 * The states as a lane sees them: those that were read, with the lane's own changes on top. `read` is not copied, because there may be a
 * million states. It may follow the topic later, but the lane's own changes always win.
 */
export function overlayStates(read: Pick<OrderStateStore, 'get'>): OrderStates {
  /** Undefined where the lane removed the state. */
  const changed = new Map<string, OrderProgress | undefined>();
  return {
    get: (key) => (changed.has(key) ? changed.get(key) : read.get(key)),
    set: (key, state) => void changed.set(key, state),
    delete: (key) => void changed.set(key, undefined),
  };
}

/** The state's message, on the partition of the order's own. */
export const orderStateMessage = (codec: AvroCodec, state: OrderState, partition: number): Outgoing => ({
  topic: TOPICS.orderState,
  key: orderStateKey(state.account, state.orderNo),
  value: codec.encode('order-state', state),
  partition,
});

/** The tombstone that removes a state. */
export const noOrderStateMessage = (key: string, partition: number): Outgoing => ({
  topic: TOPICS.orderState,
  key,
  value: null,
  partition,
});

/** Of each transaction: tombstones are small, and there may be as many as somebody who has the key has invented orders. */
const MOST_AT_ONCE = 10_000;

/**
 * Returns the states that a lane begins with. Removes empty states, which earlier versions kept for orders that never published anything.
 * @param read All states of the lane's partition.
 */
export async function openStates(
  lane: Pick<Lane, 'partition' | 'transact'>,
  read: Pick<OrderStateStore, 'get' | 'keptInFull'>,
): Promise<OrderStates> {
  const empty: string[] = [];
  for (const [key, state] of read.keptInFull()) if (isEmptyState(state)) empty.push(key);
  for (let at = 0; at < empty.length; at += MOST_AT_ONCE) {
    const tombstones = empty.slice(at, at + MOST_AT_ONCE).map((key) => noOrderStateMessage(key, lane.partition));
    await lane.transact((transaction) => transaction.send(tombstones));
  }
  const states = overlayStates(read);
  for (const key of empty) states.delete(key);
  return states;
}
