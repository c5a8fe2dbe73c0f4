import { expect, test } from 'vitest';
import { createRecentFailures } from './recent-failures.ts';

test('an order is a recent failure until its time is over, counted from the last one', () => {
  let time = 0;
  const failures = createRecentFailures({ ms: 100, now: () => time });
  expect(failures.has('A')).toBe(false);
  failures.note('A');
  time = 60;
  failures.note('A');
  time = 159;
  expect(failures.has('A')).toBe(true);
  time = 160;
  expect(failures.has('A')).toBe(false);
});

test('of any number of orders the newest ten thousand are remembered', () => {
  const failures = createRecentFailures({ ms: 100, now: () => 0 });
  for (let nth = 0; nth <= 10_000; nth += 1) failures.note(String(nth));
  expect([failures.has('0'), failures.has('1'), failures.has('10000')]).toEqual([false, true, true]);
});
