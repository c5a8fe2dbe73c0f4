import { expect, test } from 'vitest';
import type { OrderState } from '../../contract/domain.ts';
import { createOrderStateStore } from './order-state.ts';

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

const KEY = 'main|DDMON1';

/** What a store shows of a state. */
const kept = (changes: Partial<OrderState>) => {
  const store = createOrderStateStore();
  store.set(KEY, state(changes));
  return store.get(KEY);
};

test('orders that were extracted whole share one value', () => {
  const store = createOrderStateStore();
  store.set(KEY, state({}));
  store.set('main|DDMON2', state({ orderNo: 'DDMON2', plaintextSha256: 'another text', nextPosition: 7 }));
  expect(store.get(KEY)).toMatchObject({ account: 'main', revision: 0, outcome: 'EXTRACTED', unconfirmed: false });
  expect(store.get('main|DDMON2')).toBe(store.get(KEY));
  expect([store.size, [...store.keptInFull()]]).toEqual([2, []]);
});

test.each<[string, Partial<OrderState>]>([
  ['account', { account: 'other' }],
  ['revision', { revision: 3 }],
  ['number of failures', { failures: 2 }],
])('an order with another %s has its own value', (_, changes) => {
  expect(kept({})).not.toMatchObject(changes);
  expect(kept(changes)).toMatchObject(changes);
});

test('all of an order that is to be confirmed is kept', () => {
  expect(kept({ unconfirmed: true })).toEqual(state({ unconfirmed: true }));
});

test.each(['PUBLISHING', 'FAILED'])('all that decides over an order that is %s is kept', (outcome) => {
  expect(kept({ outcome })).toEqual(state({ outcome }));
});

test.each<[string, Partial<OrderState>[]]>([
  ['published, then whole', [{ outcome: 'PUBLISHING' }, {}]],
  ['whole, then replayed', [{}, { outcome: 'PUBLISHING', revision: 1 }]],
  [
    'not confirmed, confirmed, replayed, whole',
    [{ unconfirmed: true }, {}, { outcome: 'PUBLISHING', revision: 1 }, { revision: 1 }],
  ],
])('of an order that was %s, the newest state is known, once', (_, states) => {
  const store = createOrderStateStore();
  for (const changes of states) store.set(KEY, state(changes));
  const { outcome, revision } = state(states.at(-1)!);
  expect(store.get(KEY)).toMatchObject({ outcome, revision });
  expect([store.size, [...store.keptInFull()].length]).toEqual([1, outcome === 'EXTRACTED' ? 0 : 1]);
  store.delete(KEY);
  expect([store.get(KEY), store.size]).toEqual([undefined, 0]);
});

test('of whole orders, 1,000 kinds share an object, and others are kept in full', () => {
  const store = createOrderStateStore();
  for (let revision = 0; revision < 1_200; revision += 1) store.set(`main|${revision}`, state({ revision }));
  expect([store.get('main|3')?.revision, store.get('main|1199')?.revision, store.size]).toEqual([3, 1_199, 1_200]);
  expect([...store.keptInFull()].length).toBe(200);
});
