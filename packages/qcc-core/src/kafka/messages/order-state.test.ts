import { expect, test } from 'vitest';
import type { OrderState } from '../../contract/domain.ts';
import { createStateCompactor } from './order-state.ts';

const state = (changes: Partial<OrderState>): OrderState => ({
  account: 'main',
  orderNo: 'DDMON1',
  revision: 0,
  outcome: 'EXTRACTED',
  plaintextSha256: 'a text',
  nextPosition: 10,
  updatedAt: 1,
  unconfirmed: false,
  failures: 0,
  ...changes,
});

test('orders that were extracted whole share one value', () => {
  const keep = createStateCompactor();
  const first = keep(state({}));
  expect(first).toMatchObject({ account: 'main', revision: 0, outcome: 'EXTRACTED', unconfirmed: false });
  expect(keep(state({ orderNo: 'DDMON2', plaintextSha256: 'another text', nextPosition: 7 }))).toBe(first);
});

test.each<[string, Partial<OrderState>]>([
  ['account', { account: 'other' }],
  ['revision', { revision: 3 }],
])('an order with another %s has its own value', (_, changes) => {
  const keep = createStateCompactor();
  expect(keep(state({}))).not.toMatchObject(changes);
  expect(keep(state(changes))).toMatchObject(changes);
});

test('all of an order that is to be confirmed is kept', () => {
  expect(createStateCompactor()(state({ unconfirmed: true }))).toEqual(state({ unconfirmed: true }));
});

test.each(['PUBLISHING', 'FAILED'])('all that decides over an order that is %s is kept', (outcome) => {
  expect(createStateCompactor()(state({ outcome }))).toEqual(state({ outcome }));
});
