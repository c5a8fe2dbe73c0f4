import { expect, test } from 'vitest';
import type { OrderState } from '../domain.ts';
import { createStateKeeper } from './order-state.ts';

const state = (changes: Partial<OrderState>): OrderState => ({
  account: 'main',
  orderNo: 'DDMON1',
  revision: 0,
  outcome: 'EXTRACTED',
  plaintextSha256: 'a text',
  nextPosition: 10,
  updatedAt: 1,
  unconfirmed: false,
  ...changes,
});

test('orders that were extracted whole share one value', () => {
  const keep = createStateKeeper();
  const first = keep(state({}));
  expect(first).toMatchObject({ account: 'main', revision: 0, outcome: 'EXTRACTED', unconfirmed: false });
  expect(keep(state({ orderNo: 'DDMON2', plaintextSha256: 'another text', nextPosition: 7 }))).toBe(first);
});

test.each<[string, Partial<OrderState>]>([
  ['account', { account: 'other' }],
  ['revision', { revision: 3 }],
  ['link, which nobody has confirmed', { unconfirmed: true }],
])('an order with another %s has its own value', (_, changes) => {
  const keep = createStateKeeper();
  expect(keep(state({}))).not.toMatchObject(changes);
  expect(keep(state(changes))).toMatchObject(changes);
});

test.each(['PUBLISHING', 'FAILED'])('all that decides over an order that is %s is kept', (outcome) => {
  expect(createStateKeeper()(state({ outcome }))).toEqual(state({ outcome }));
});
