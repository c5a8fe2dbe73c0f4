import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { OrderStates } from './extract-order.ts';
import { isEmptyState } from './plan-revision.ts';
import { noOrderStateMessage } from './publish-order.ts';

/** Of each transaction: tombstones are small, and there may be as many as somebody who has the key has invented orders. */
const MOST_AT_ONCE = 10_000;

/** Removes the states that earlier versions kept of orders of which nothing was ever published. */
export async function removeEmptyStates(
  lane: Pick<Lane, 'partition' | 'transact'>,
  states: OrderStates,
): Promise<void> {
  const empty = [...states].flatMap(([key, state]) => (isEmptyState(state) ? [key] : []));
  for (let at = 0; at < empty.length; at += MOST_AT_ONCE) {
    const tombstones = empty.slice(at, at + MOST_AT_ONCE).map((key) => noOrderStateMessage(key, lane.partition));
    await lane.transact((transaction) => transaction.send(tombstones));
  }
  for (const key of empty) states.delete(key);
}
