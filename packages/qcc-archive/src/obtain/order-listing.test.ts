import { createCallBreaker } from 'qcc-core/qcc/call-breaker';
import type { OrderList, UnnamedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { expect, test } from 'vitest';
import { createAskListing, LIST_PAUSE_MS } from './order-listing.ts';

const START = 1_000_000;
const REFUSED: QccFailure = { kind: 'stop', code: '106', reason: 'QCC_106', message: 'refused' };
const DOWN: QccFailure = { kind: 'retry', code: null, reason: 'UNREACHABLE', message: 'down' };
const { signal } = new AbortController();

/** QCC's list, with a clock that moves only where something waits. */
function setUp(...listed: string[]) {
  const qcc = {
    listed,
    unnamed: [] as UnnamedOrder[],
    unread: 0,
    failure: undefined as QccFailure | undefined,
    calls: 0,
  };
  let time = START;
  const now = () => time;
  const pass = (ms: number): void => {
    time += ms;
  };
  const breaker = createCallBreaker({ quotaOpensAt: 0, now });
  const askListing = createAskListing({
    client: {
      async listLatestOrderNo(): Promise<QccOutcome<OrderList>> {
        qcc.calls += 1;
        time += 1;
        const orders = qcc.listed.map((orderNo) => ({ orderNo, createDate: null }));
        const value = { orders, unnamed: qcc.unnamed, unread: qcc.unread };
        return qcc.failure ?? { kind: 'success', value, fetchedAt: time };
      },
    },
    breaker,
    now,
    log: { warn() {} },
    sleep: async (ms) => pass(ms),
  });
  const ask = (orderNo: string, { source = 'callback', receivedAt = time - 1 } = {}) =>
    askListing({ orderNo, source, receivedAt }, signal);
  return { ask, breaker, qcc, now, pass };
}

test.each(['reconcile', 'replay'])('an order of %s is not looked up', async (source) => {
  const { ask, qcc } = setUp();
  expect([await ask('A', { source }), qcc.calls]).toEqual(['listed', 0]);
});

test('orders that one list names cost one call, and no pause', async () => {
  const { ask, qcc, now } = setUp('A', 'B');
  expect([await ask('A'), await ask('B'), await ask('A')]).toEqual(['listed', 'listed', 'listed']);
  expect([qcc.calls, now() - START]).toEqual([1, 1]);
});

test('a thousand invented orders that came before the list cost one call', async () => {
  const { ask, qcc } = setUp('A');
  const receivedAt = START - 5;
  const responses = await Promise.all(
    Array.from({ length: 1_000 }, (_, nth) => ask(`invented ${nth}`, { receivedAt })),
  );
  expect([new Set(responses), qcc.calls]).toEqual([new Set(['unlisted']), 1]);
});

test('one that comes after the list waits for the next one, which may name it', async () => {
  const { ask, qcc, now } = setUp();
  expect(await ask('invented')).toBe('unlisted');
  qcc.listed.push('A');
  expect(await ask('A', { receivedAt: now() })).toBe('listed');
  expect([qcc.calls, now() - START]).toEqual([2, LIST_PAUSE_MS.first + 2]);
  qcc.listed.push('B');
  expect(await ask('B', { receivedAt: now() })).toBe('listed');
  expect([qcc.calls, now() - START]).toEqual([3, LIST_PAUSE_MS.first + 3]);
});

test('a flood that goes on gets a list every five minutes, and a listed order ends these pauses', async () => {
  const { ask, qcc, now } = setUp();
  const DAY_MS = 86_400_000;
  while (now() < START + DAY_MS) await ask(`invented ${qcc.calls}`, { receivedAt: now() });
  expect(qcc.calls).toBeLessThan(300);
  qcc.listed.push('A');
  expect(await ask('A', { receivedAt: now() })).toBe('listed');
  await ask('invented', { receivedAt: now() });
  const before = now();
  await ask('invented, too', { receivedAt: now() });
  expect(now() - before).toBe(LIST_PAUSE_MS.first + 1);
});

test('a list that QCC does not give is asked for after pauses that grow, and nothing waits for it', async () => {
  const { ask, qcc, now, pass } = setUp();
  qcc.failure = DOWN;
  const HOUR_MS = 3_600_000;
  while (now() < START + HOUR_MS) {
    const before = now();
    expect(await ask('A')).toBe('unknown');
    expect(now() - before).toBeLessThanOrEqual(1);
    pass(1_000);
  }
  expect(qcc.calls).toBeLessThan(20);
});

test('a clock of the gateway that is ahead costs no second call for the same order', async () => {
  const { ask, qcc } = setUp();
  expect([await ask('A', { receivedAt: START * 2 }), qcc.calls]).toEqual(['unlisted', 1]);
});

test('without a list nothing is known, nothing waits, and QCC is left alone for a while', async () => {
  const { ask, qcc, pass } = setUp('A');
  qcc.failure = DOWN;
  expect([await ask('A'), await ask('B'), qcc.calls]).toEqual(['unknown', 'unknown', 1]);
  qcc.failure = undefined;
  pass(LIST_PAUSE_MS.first);
  expect([await ask('A'), qcc.calls]).toEqual(['listed', 2]);
});

test('a list with a row without a number names its orders, and leaves the others unknown', async () => {
  const { ask, qcc, pass } = setUp('A');
  const receivedAt = START - 5;
  qcc.unnamed = [{ why: 'no_number', createDate: null, row: '{}', newer: null, older: null }];
  expect([await ask('B', { receivedAt }), await ask('A', { receivedAt })]).toEqual(['unknown', 'listed']);
  expect([await ask('C', { receivedAt }), qcc.calls]).toEqual(['unknown', 1]);
  qcc.unnamed = [];
  qcc.listed.push('B');
  pass(LIST_PAUSE_MS.first);
  expect([await ask('B', { receivedAt }), await ask('C', { receivedAt }), qcc.calls]).toEqual([
    'listed',
    'unlisted',
    2,
  ]);
});

test('a list that is too long to be read names its first orders, and leaves the others unknown', async () => {
  const { ask, qcc } = setUp('A');
  qcc.unread = 1;
  expect([await ask('B'), await ask('A')]).toEqual(['unknown', 'listed']);
});

test('while its circuit breaker is tripped the list is not asked for, and at once after a reset; a refused list trips it', async () => {
  const { ask, breaker, qcc } = setUp('A');
  qcc.failure = REFUSED;
  expect(await ask('A')).toBe('unknown');
  expect(breaker.trippedBy()).toBe(REFUSED);
  qcc.failure = undefined;
  expect([await ask('A'), qcc.calls]).toEqual(['unknown', 1]);
  breaker.reset();
  expect([await ask('A'), qcc.calls]).toEqual(['listed', 2]);
  const closed = setUp('A');
  closed.breaker.note(REFUSED);
  expect([await closed.ask('A'), closed.qcc.calls]).toEqual(['unknown', 0]);
});

test('partitions that ask at the same time share one call', async () => {
  const { ask, qcc } = setUp('A');
  expect(await Promise.all([ask('A'), ask('A'), ask('A')])).toEqual(['listed', 'listed', 'listed']);
  expect(qcc.calls).toBe(1);
});
