import { expect, test } from 'vitest';
import { isOver } from './row.ts';

test.each([
  { when: 'an order is open', orders: 3, complete: 2, pending: 0, stuck: 0, over: false },
  { when: 'a record of an earlier revision is pending', orders: 3, complete: 3, pending: 1, stuck: 0, over: false },
  { when: 'everything is settled', orders: 3, complete: 3, pending: 0, stuck: 0, over: true },
  { when: 'one of two open orders is stuck', orders: 3, complete: 1, pending: 9, stuck: 1, over: false },
  { when: 'each open order is stuck', orders: 3, complete: 1, pending: 9, stuck: 2, over: true },
])('when $when, the wait for a row is over: $over', ({ over, ...state }) => {
  expect(isOver(state)).toBe(over);
});
