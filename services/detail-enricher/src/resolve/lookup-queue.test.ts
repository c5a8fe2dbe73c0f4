import { expect, test } from 'vitest';
import { createLookupQueue, type Urgency, urgencyOf } from './lookup-queue.ts';

function setUp({ concurrency = 2, limit = Number.POSITIVE_INFINITY } = {}) {
  const breaker = { limit, unblock: () => {} };
  const stop = new AbortController();
  const queue = createLookupQueue({
    calls: {
      limit: () => breaker.limit,
      onUnblocked(listener) {
        breaker.unblock = listener;
      },
    },
    concurrency,
    signal: stop.signal,
  });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (urgency: 0 | 1 | 2, name: string) => {
    const job = {
      urgency,
      run() {
        begun.push(name);
        const { promise, resolve } = Promise.withResolvers<void>();
        ends.set(name, resolve);
        return promise;
      },
    };
    queue.add(job);
    return () => queue.remove(job);
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { breaker, stop, begun, add, end };
}

test('the most urgent goes first, then the one that came first', async () => {
  const { begun, add, end } = setUp({ concurrency: 1 });
  add(2, 'under way');
  add(2, 'low');
  add(0, 'high');
  add(1, 'middle');
  add(0, 'high too');
  for (const name of ['under way', 'high', 'high too', 'middle']) await end(name);
  expect(begun).toEqual(['under way', 'high', 'high too', 'middle', 'low']);
});

test('no more run at a time than are allowed', async () => {
  const { begun, add, end } = setUp();
  for (const name of ['a', 'b', 'c', 'd']) add(1, name);
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('none begins while calls are blocked, and only one if the circuit breaker allows one', async () => {
  const { breaker, begun, add, end } = setUp({ limit: 0 });
  for (const name of ['a', 'b', 'c', 'd']) add(1, name);
  expect(begun).toEqual([]);
  breaker.limit = 1;
  breaker.unblock();
  expect(begun).toEqual(['a']);
  breaker.limit = 0;
  await end('a');
  expect(begun).toEqual(['a']);
  breaker.limit = Number.POSITIVE_INFINITY;
  breaker.unblock();
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('what was taken out does not begin', async () => {
  const { begun, add, end } = setUp({ concurrency: 1 });
  add(1, 'a');
  const leave = add(1, 'b');
  add(1, 'c');
  leave();
  await end('a');
  expect(begun).toEqual(['a', 'c']);
});

test('none begins once the service ends', async () => {
  const { stop, begun, add, end } = setUp({ concurrency: 1 });
  for (const name of ['a', 'b']) add(1, name);
  stop.abort();
  add(0, 'c');
  await end('a');
  expect(begun).toEqual(['a']);
});

test.each<[category: string | null, urgency: Urgency, why: string]>([
  ['1', 0, 'the highest risk'],
  ['2', 1, ''],
  ['3', 2, ''],
  ['4', 0, 'a level nobody knows'],
  [null, 0, 'no level at all'],
])('级别 %s has urgency %d %s', (category, urgency) => {
  expect(urgencyOf({ category })).toBe(urgency);
});
