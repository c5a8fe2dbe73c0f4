import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { OrderState } from 'qcc-core/contract/domain';
import { describe, expect, test } from 'vitest';
import { failedState, isDone, isEmptyState, planRevision } from './plan-revision.ts';

const state = (changes: Partial<OrderState>): OrderState => ({
  account: 'main',
  orderNo: 'DDMON1',
  revision: 0,
  outcome: 'EXTRACTED',
  plaintextSha256: 'same',
  nextPosition: 10,
  updatedAt: 1,
  unconfirmed: false,
  failures: 0,
  ...changes,
});

test.each<[string, OrderState | undefined, string, boolean]>([
  ['a new order is not done', undefined, 'callback', false],
  ['an extracted order that comes again is done', state({}), 'callback', true],
  ['one made from the archive of a callback’s link is not done', state({ unconfirmed: true }), 'callback', false],
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
  const order = (source: string) => ({ account: 'main', orderNo: 'DDMON1', source });
  const after = (known: OrderState | undefined, source: string, reason: DeadLetterReason = 'ARCHIVE_DAMAGED') =>
    failedState(known, order(source), { reason, now: 5 });
  const nothing = { plaintextSha256: null, nextPosition: 0, outcome: 'FAILED', updatedAt: 5 } as const;

  test('leaves nothing behind of an order that only a callback names', () => {
    expect(after(undefined, 'callback', 'ORDER_UNKNOWN')).toBeNull();
  });
  test('is counted for an order that QCC lists, and callbacks in between neither count nor reset it', () => {
    const first = after(undefined, 'reconcile');
    expect(first).toEqual(state({ ...nothing, failures: 1 }));
    const second = after(first!, 'callback');
    expect(second).toEqual(first);
    expect(after(second!, 'reconcile')).toMatchObject({ failures: 2 });
  });
  test.each<DeadLetterReason>(['LINK_UNAVAILABLE', 'DOWNLOAD_FAILED'])(
    'is not counted where it may pass: %s',
    (reason) => {
      expect(after(undefined, 'reconcile', reason)).toBeNull();
    },
  );
  test('remembers the parts that stand on the topics', () => {
    const published = state({ outcome: 'PUBLISHING', nextPosition: 7 });
    expect(after(published, 'callback')).toEqual({ ...published, outcome: 'FAILED', updatedAt: 5 });
  });
  test('takes nothing from an order that was whole', () => {
    expect(after(state({ unconfirmed: true }), 'replay')).toBeNull();
  });
});

test('a state says nothing where nothing was published and nothing is counted', () => {
  const failed = { outcome: 'FAILED', nextPosition: 0 } as const;
  expect(isEmptyState(state(failed))).toBe(true);
  for (const more of [{ revision: 1 }, { nextPosition: 1 }, { failures: 1 }, { outcome: 'EXTRACTED' }] as const)
    expect(isEmptyState(state({ ...failed, ...more }))).toBe(false);
});
