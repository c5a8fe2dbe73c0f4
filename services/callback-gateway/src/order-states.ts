import { TOPICS } from 'qcc-core/contract/topics';
import type { Table } from 'qcc-core/kafka/exactly-once/table';
import { type OrderProgress, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** What the extractor has made of each order, as the gateway needs it. */
export type OrderStates = {
  /**
   * Whether the order is published whole and confirmed. An order that failed, or that is unconfirmed, is fetched again as long as QCC
   * lists it.
   */
  isDone(orderNo: string): boolean;
  /** How often in a row the order failed through its own fault. */
  failures(orderNo: string): number;
};

/** Resolves once the table holds everything committed so far: an order extracted before is not taken for lost. */
export async function openOrderStates(input: {
  table: Pick<Table<OrderProgress>, 'get' | 'catchUp'>;
  account: string;
  send(marker: Outgoing): Promise<void>;
  signal: AbortSignal;
}): Promise<OrderStates> {
  const partitions = Array.from({ length: TOPICS.orderState.partitions }, (_, partition) => partition);
  await Promise.all(partitions.map((partition) => input.table.catchUp(partition, input.send, input.signal)));
  const stateOf = (orderNo: string) => input.table.get(orderStateKey(input.account, orderNo));
  return {
    isDone(orderNo) {
      const state = stateOf(orderNo);
      return state?.outcome === 'EXTRACTED' && !state.unconfirmed;
    },
    failures: (orderNo) => stateOf(orderNo)?.failures ?? 0,
  };
}
