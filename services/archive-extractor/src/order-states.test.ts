import type { OrderState } from 'qcc-core/contract/domain';
import { orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { expect, test } from 'vitest';
import { removeEmptyStates } from './order-states.ts';

const stateOf = (orderNo: string, nextPosition: number): OrderState => ({
  account: 'main',
  orderNo,
  revision: 0,
  outcome: 'FAILED',
  plaintextSha256: null,
  nextPosition,
  updatedAt: 1,
  unconfirmed: false,
  failures: 0,
});

test('the states of 25,000 invented orders are removed, on their partition and in few transactions', async () => {
  const transactions: Outgoing[][] = [];
  const lane = {
    partition: 2,
    async transact(body: (transaction: { send(messages: Iterable<Outgoing>): Promise<void> }) => Promise<void>) {
      await body({ send: async (messages) => void transactions.push([...messages]) });
    },
  };
  const all = [...Array.from({ length: 25_000 }, (_, nth) => stateOf(`invented ${nth}`, 0)), stateOf('DD1', 7)];
  const states = new Map(all.map((state) => [orderStateKey('main', state.orderNo), state]));
  await removeEmptyStates(lane as never, states);
  expect([...states.keys()]).toEqual(['main|DD1']);
  expect(transactions.map((messages) => messages.length)).toEqual([10_000, 10_000, 5_000]);
  expect(transactions[0]?.[0]).toMatchObject({ key: 'main|invented 0', value: null, partition: 2 });
});
