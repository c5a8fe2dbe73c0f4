import { type KeptOrderState, orderStateKey } from 'qcc-core/kafka/order-state';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import type { Table } from 'qcc-core/kafka/table';
import { TOPICS } from 'qcc-core/kafka/topics';

/** What the extractor has made of each order, as the gateway needs it. */
export type OrderStates = {
  /** Whether the order is extracted. One that failed is not: it is fetched again as long as QCC lists it. */
  settled(orderNo: string): boolean;
  /** Whether its archive came by the callback's link alone, and nobody has confirmed it through here. */
  unconfirmed(orderNo: string): boolean;
  /** Confirms it once, by what `state` does with the revision that is meant. */
  confirm(orderNo: string, state: (orderNo: string, revision: number) => Promise<void>): Promise<void>;
};

/** Resolves once the table holds everything committed so far: an order extracted before is not taken for lost. */
export async function openOrderStates(input: {
  table: Table<KeptOrderState>;
  account: string;
  send(marker: Outgoing): Promise<void>;
}): Promise<OrderStates> {
  const partitions = Array.from({ length: TOPICS.orderState.partitions }, (_, partition) => partition);
  await Promise.all(partitions.map((partition) => input.table.catchUp(partition, input.send)));
  const confirmed = new Set<string>();
  const stateOf = (orderNo: string) => input.table.get(orderStateKey(input.account, orderNo));
  return {
    settled: (orderNo) => stateOf(orderNo)?.outcome === 'EXTRACTED',
    unconfirmed: (orderNo) => stateOf(orderNo)?.unconfirmed === true && !confirmed.has(orderNo),
    async confirm(orderNo, state) {
      await state(orderNo, stateOf(orderNo)?.revision ?? 0);
      confirmed.add(orderNo);
    },
  };
}
