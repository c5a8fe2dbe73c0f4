import fc from 'fast-check';
import { readSettings } from 'qcc-core/base/settings';
import type { ListedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import { expect, test } from 'vitest';
import { HORIZON_ORDERS, planReconcile } from './plan-reconcile.ts';

const NOW = 1_000_000;
const TTL = 1_000;
const PATIENCE = 100;
/** Orders as QCC lists them, the newest first: `listOf(3)` is 3, 2, 1. */
const listOf = (count: number): ListedOrder[] =>
  Array.from({ length: count }, (_, index) => ({ orderNo: String(count - index), createDate: count - index }));
const plan = (
  listed: ListedOrder[],
  done: string[],
  attempts: [string, number][] = [],
  failures: Record<string, number> = {},
) => {
  const result = planReconcile({
    listed,
    isDone: (orderNo) => done.includes(orderNo),
    failures: (orderNo) => failures[orderNo] ?? 0,
    attempts: new Map(attempts),
    now: NOW,
    attemptTtlMs: TTL,
    patienceMs: PATIENCE,
  });
  return { toFetch: result.toFetch.map(({ orderNo }) => orderNo), beforeHorizon: result.beforeHorizon };
};

test.each<[string, ReturnType<typeof plan>, ReturnType<typeof plan>]>([
  ['an empty list asks for nothing', plan([], []), { toFetch: [], beforeHorizon: 30 }],
  ['done orders are left alone', plan(listOf(3), ['1', '2', '3']), { toFetch: [], beforeHorizon: 30 }],
  ['orders that are not done come oldest first', plan(listOf(3), ['2']), { toFetch: ['1', '3'], beforeHorizon: 27 }],
  [
    'a list the other way round means the same',
    plan(listOf(3).reverse(), ['2']),
    { toFetch: ['1', '3'], beforeHorizon: 27 },
  ],
  [
    'a live attempt holds an order back, but it still counts against the horizon',
    plan(listOf(3), [], [['1', NOW - TTL + 1]]),
    { toFetch: ['2', '3'], beforeHorizon: 27 },
  ],
  [
    'an order that failed three times waits eight times as long',
    plan(
      listOf(2),
      [],
      [
        ['1', NOW - 8 * TTL + 1],
        ['2', NOW - 8 * TTL],
      ],
      { 1: 3, 2: 3 },
    ),
    { toFetch: ['2'], beforeHorizon: 28 },
  ],
  [
    'but never longer than 128 times',
    plan(listOf(1), [], [['1', NOW - 128 * TTL]], { 1: 1_000 }),
    { toFetch: ['1'], beforeHorizon: 29 },
  ],
  [
    'an attempt that is too old counts as lost',
    plan(listOf(1), [], [['1', NOW - TTL]]),
    { toFetch: ['1'], beforeHorizon: 29 },
  ],
  [
    'the thirtieth of thirty falls off with the next order',
    plan(
      listOf(30),
      listOf(30)
        .slice(0, 29)
        .map((o) => o.orderNo),
    ),
    { toFetch: ['1'], beforeHorizon: 0 },
  ],
  [
    'an order listed twice is fetched once',
    plan([...listOf(1), ...listOf(1)], []),
    { toFetch: ['1'], beforeHorizon: 28 },
  ],
  [
    'an order of unknown age counts as the oldest',
    plan([{ orderNo: 'x', createDate: null }, ...listOf(2)], ['1']),
    { toFetch: ['x', '2'], beforeHorizon: 27 },
  ],
])('%s', (_name, actual, expected) => {
  expect(actual).toEqual(expected);
});

test.each<[string, ListedOrder, [string, number][], { lost: string[]; someAreYoung: boolean }]>([
  ['one that nobody published', { orderNo: 'A', createDate: 1 }, [], { lost: ['A'], someAreYoung: false }],
  [
    'one that was published too long ago',
    { orderNo: 'A', createDate: 1 },
    [['A', NOW - TTL]],
    { lost: [], someAreYoung: false },
  ],
  ['one of unknown age', { orderNo: 'A', createDate: null }, [], { lost: ['A'], someAreYoung: false }],
  ['one just created', { orderNo: 'A', createDate: NOW - PATIENCE + 1 }, [], { lost: [], someAreYoung: true }],
  [
    'one whose patience is over',
    { orderNo: 'A', createDate: NOW - PATIENCE },
    [],
    { lost: ['A'], someAreYoung: false },
  ],
  [
    "one just created by QCC's faster clock",
    { orderNo: 'A', createDate: NOW + PATIENCE - 1 },
    [],
    { lost: [], someAreYoung: true },
  ],
  ['one far in the future', { orderNo: 'A', createDate: NOW + PATIENCE }, [], { lost: ['A'], someAreYoung: false }],
  ['one on its way', { orderNo: 'A', createDate: NOW }, [['A', NOW]], { lost: [], someAreYoung: false }],
])('whether a callback was lost: %s', (_name, order, attempts, expected) => {
  const result = planReconcile({
    listed: [order],
    isDone: () => false,
    failures: () => 0,
    attempts: new Map(attempts),
    now: NOW,
    attemptTtlMs: TTL,
    patienceMs: PATIENCE,
  });
  expect({ lost: [...result.lost], someAreYoung: result.someAreYoung }).toEqual(expected);
});

test('an order is either fetched, done or on its way, whatever the list', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }).map(String), { maxLength: 30 });
  fc.assert(
    fc.property(numbers, numbers, numbers, (listed, done, attempted) => {
      const { toFetch, beforeHorizon } = plan(
        listed.map((orderNo) => ({ orderNo, createDate: Number(orderNo) })),
        done,
        attempted.map((orderNo) => [orderNo, NOW]),
      );
      const expected = listed.filter((orderNo) => !done.includes(orderNo) && !attempted.includes(orderNo));
      expect(toFetch).toEqual(expected.sort((a, b) => Number(a) - Number(b)));
      expect(beforeHorizon).toBeGreaterThanOrEqual(0);
      expect(beforeHorizon).toBeLessThanOrEqual(HORIZON_ORDERS);
    }),
    { seed: 30, numRuns: 300 },
  );
});

test('by default an order is not lost while its callback may come as late as in the document, and is soon after', () => {
  const { CALLBACK_PATIENCE_MS: patienceMs } = readSettings({}, ['CALLBACK_PATIENCE_MS']);
  // Listed as created at 16:14:37; a link that lives half an hour and ends at 16:49:58 was made 321 s later.
  const lostAfter = (ms: number) =>
    planReconcile({
      listed: [{ orderNo: '1', createDate: NOW - ms }],
      isDone: () => false,
      failures: () => 0,
      attempts: new Map(),
      now: NOW,
      attemptTtlMs: TTL,
      patienceMs,
    }).lost.size;
  expect([lostAfter(321_000), lostAfter(600_000)]).toEqual([0, 1]);
});

test.each([
  ['the oldest of its list', 0, 27],
  ['of unknown age', null, 27],
  ['newer than all others', 4, 29],
])('an order without a number, %s, counts against the horizon and is not fetched', (_, createDate, beforeHorizon) => {
  const listed = listOf(2).map((order) => ({ ...order, createDate: order.createDate! }));
  const result = planReconcile({
    listed,
    unnamed: [{ why: 'no_number', createDate, row: '{}', newer: null, older: null }],
    isDone: () => true,
    failures: () => 0,
    attempts: new Map(),
    now: NOW,
    attemptTtlMs: TTL,
    patienceMs: PATIENCE,
  });
  expect(result).toMatchObject({ toFetch: [], beforeHorizon });
});
