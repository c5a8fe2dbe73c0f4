import type { AvroCodec } from 'qcc-core/avro/codec';
import type { OrderState } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { type OrderProgress, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { isEmptyState } from './plan-revision.ts';

/** What is known of the orders of one partition; this partition's lane is the only one that changes it. */
export type OrderStates = Map<string, OrderProgress>;

/** The state's message, on the partition of the order's own. */
export const orderStateMessage = (codec: AvroCodec, state: OrderState, partition: number): Outgoing => ({
  topic: TOPICS.orderState,
  key: orderStateKey(state.account, state.orderNo),
  value: codec.encode('order-state', state),
  partition,
});

/** The same without its state. */
export const noOrderStateMessage = (key: string, partition: number): Outgoing => ({
  topic: TOPICS.orderState,
  key,
  value: null,
  partition,
});

/** Of each transaction: tombstones are small, and there may be as many as somebody who has the key has invented orders. */
const MOST_AT_ONCE = 10_000;

/** Removes the states that earlier versions kept of orders of which nothing was ever published. */
export async function removeEmptyStates(
  lane: Pick<Lane, 'partition' | 'transact'>,
  states: OrderStates,
): Promise<void> {
  // Makes no copy: there may be a million states, and the lanes of all partitions open at the same time.
  const empty: string[] = [];
  for (const [key, state] of states) if (isEmptyState(state)) empty.push(key);
  for (let at = 0; at < empty.length; at += MOST_AT_ONCE) {
    const tombstones = empty.slice(at, at + MOST_AT_ONCE).map((key) => noOrderStateMessage(key, lane.partition));
    await lane.transact((transaction) => transaction.send(tombstones));
  }
  for (const key of empty) states.delete(key);
}
