import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDueTimes, retryPauseMs } from './due-times.ts';

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

test.each([
  [300_000, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]],
  [5_000, [1, 2, 4, 5, 5]],
])('the pause doubles from one second to the longest, %d ms', (longestPauseMs, expected) => {
  const pauses = expected.map((_, index) => retryPauseMs(index + 1, { longestPauseMs, random: () => 0 }) / 1_000);
  expect(pauses).toEqual(expected);
});

test('jitter adds at most a quarter, however many attempts there were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, share) => {
      const least = retryPauseMs(attempts, { longestPauseMs: 300_000, random: () => 0 });
      const pause = retryPauseMs(attempts, { longestPauseMs: 300_000, random: () => share });
      expect(pause).toBeGreaterThanOrEqual(least);
      expect(pause).toBeLessThanOrEqual(least * 1.25);
    }),
  );
});
