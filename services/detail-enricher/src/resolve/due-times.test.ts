import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDueTimes } from './due-times.ts';

const NOW = 1_700_000_000_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

function setUp() {
  const told: string[] = [];
  const times = createDueTimes<string>({
    now: Date.now,
    onDue: (items) => void told.push(`${Date.now() - NOW}: ${items.join(' ')}`),
  });
  return { times, told };
}

test('each item is told when its time has come, with one timer for all', () => {
  const { times, told } = setUp();
  times.add(NOW + 300, 'c');
  times.add(NOW + 100, 'a');
  times.add(NOW + 200, 'b');
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(['100: a', '200: b', '300: c']);
  expect(vi.getTimerCount()).toBe(0);
});

test('those of the same time are told together, in the order in which they were added', () => {
  const { times, told } = setUp();
  for (const name of ['e', 'a', 'd', 'b', 'c']) times.add(NOW + 100, name);
  times.add(NOW - 5, 'late');
  vi.advanceTimersByTime(100);
  expect(told).toEqual(['0: late', '100: e a d b c']);
});

test('a time beyond the longest timer is not told early', () => {
  const { times, told } = setUp();
  const inAMonth = 2 ** 31 + 1_000;
  times.add(NOW + inAMonth, 'a');
  vi.advanceTimersByTime(inAMonth - 1);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([`${inAMonth}: a`]);
});

test('what was forgotten is not told, and what is added after that is', () => {
  const { times, told } = setUp();
  times.add(NOW + 100, 'a');
  times.clear();
  expect(vi.getTimerCount()).toBe(0);
  times.add(NOW + 200, 'b');
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(['200: b']);
});
