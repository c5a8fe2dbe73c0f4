import type { OrderState } from 'qcc-core/domain';
import { describe, expect, test } from 'vitest';
import { failedState, isDone, planRevision } from './plan-revision.ts';

const state = (changes: Partial<OrderState>): OrderState => ({
  account: 'main',
  orderNo: 'DDMON1',
  revision: 0,
  outcome: 'EXTRACTED',
  plaintextSha256: 'same',
  nextPosition: 10,
  updatedAt: 1,
  unconfirmed: false,
  ...changes,
});

test.each<[string, OrderState | undefined, string, boolean]>([
  ['a new order is not done', undefined, 'callback', false],
  ['an extracted order that comes again is done', state({}), 'callback', true],
  ['a replay reopens it', state({}), 'replay', false],
  ['an interrupted one is not done', state({ outcome: 'PUBLISHING' }), 'reconcile', false],
  ['one that failed is tried again', state({ outcome: 'FAILED' }), 'reconcile', false],
])('%s', (_name, known, source, done) => {
  expect(isDone(known, { source })).toBe(done);
});

test.each<[string, OrderState | undefined, { revision: number; firstPosition: number }]>([
  ['the first extraction is revision 0', undefined, { revision: 0, firstPosition: 0 }],
  [
    'an interrupted one goes on behind its last part',
    state({ outcome: 'PUBLISHING', nextPosition: 7 }),
    { revision: 0, firstPosition: 7 },
  ],
  [
    'another text is a new revision',
    state({ outcome: 'PUBLISHING', nextPosition: 7, plaintextSha256: 'other' }),
    { revision: 1, firstPosition: 0 },
  ],
  ['a replay of a whole order is a new revision', state({ revision: 2 }), { revision: 3, firstPosition: 0 }],
  [
    'one that failed before anything was published begins as if it were new',
    state({ outcome: 'FAILED', nextPosition: 0, plaintextSha256: null }),
    { revision: 0, firstPosition: 0 },
  ],
  [
    'one that failed behind a part goes on behind that part',
    state({ outcome: 'FAILED', nextPosition: 7 }),
    { revision: 0, firstPosition: 7 },
  ],
])('%s', (_name, known, plan) => {
  expect(planRevision(known, 'same')).toEqual(plan);
});

describe('an attempt that fails', () => {
  const order = { account: 'main', orderNo: 'DDMON1' };

  test('leaves a new order failed, with nothing published', () => {
    expect(failedState(undefined, order, 5)).toEqual(
      state({ outcome: 'FAILED', plaintextSha256: null, nextPosition: 0, updatedAt: 5 }),
    );
  });
  test('remembers the parts that stand on the topics', () => {
    const published = state({ outcome: 'PUBLISHING', nextPosition: 7 });
    expect(failedState(published, order, 5)).toEqual({ ...published, outcome: 'FAILED', updatedAt: 5 });
  });
  test('takes nothing from an order that was whole', () => {
    expect(failedState(state({ unconfirmed: true }), order, 5)).toBeNull();
  });
});
