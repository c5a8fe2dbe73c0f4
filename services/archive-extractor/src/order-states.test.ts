import type { OrderState } from 'qcc-core/contract/domain';
import { createOrderStateStore, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { describe, expect, test } from 'vitest';
import { openStates, overlayStates } from './order-states.ts';

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
  const keys = all.map(({ orderNo }) => orderStateKey('main', orderNo));
  const read = createOrderStateStore();
  for (const [index, state] of all.entries()) read.set(keys[index]!, state);
  const states = await openStates(lane as never, read);
  expect(keys.filter((key) => states.get(key))).toEqual(['main|DD1']);
  expect(transactions.map((messages) => messages.length)).toEqual([10_000, 10_000, 5_000]);
  expect(transactions[0]?.[0]).toMatchObject({ key: 'main|invented 0', value: null, partition: 2 });
});

describe('a lane', () => {
  const [before, after] = [stateOf('DD1', 1), stateOf('DD1', 2)];

  test('sees what it changed, also before its own message is read back', () => {
    const read = new Map([['main|DD1', before]]);
    const states = overlayStates(read);
    states.set('main|DD1', after);
    states.set('main|DD2', before);
    expect([states.get('main|DD1'), states.get('main|DD2'), read.get('main|DD1')]).toEqual([after, before, before]);
    read.set('main|DD1', stateOf('DD1', 0));
    expect(states.get('main|DD1')).toBe(after);
  });

  test('does not see again what it removed, also before its tombstone is read back', () => {
    const states = overlayStates(new Map([['main|DD1', before]]));
    states.delete('main|DD1');
    expect(states.get('main|DD1')).toBeUndefined();
    states.set('main|DD1', after);
    expect(states.get('main|DD1')).toBe(after);
  });
});
