import { expect, test } from 'vitest';
import { createAttempts, noteAttempt } from './order-attempts.ts';

const HOUR_MS = 3_600_000;
const order = (orderNo: string, receivedAt: number, source = 'callback') => ({ orderNo, receivedAt, source });

test('the newest publication by reconcile or a person counts, in whatever order they are noted', () => {
  const attempts = createAttempts();
  for (const at of [5, 9, 7]) noteAttempt(attempts, order('A', at, 'reconcile'), 10);
  expect([...attempts.at]).toEqual([['A', 9]]);
});

test('a callback that comes again and again does not keep reconcile from the order', () => {
  const attempts = createAttempts();
  for (const at of [5, 9, 7]) noteAttempt(attempts, order('A', at), 10);
  expect([[...attempts.at], attempts.lastCallbackAt]).toEqual([[['A', 5]], 9]);
  noteAttempt(attempts, order('A', 20, 'reconcile'), 20);
  noteAttempt(attempts, order('A', 30), 30);
  expect([[...attempts.at], attempts.lastCallbackAt]).toEqual([[['A', 20]], 30]);
});

test('an attempt outlives the longest pause of an order that stays bad, and is forgotten after it', () => {
  const attempts = createAttempts();
  noteAttempt(attempts, order('A', 0), 0);
  noteAttempt(attempts, order('B', 22 * HOUR_MS), 22 * HOUR_MS);
  expect([...attempts.at.keys()]).toEqual(['A', 'B']);
  noteAttempt(attempts, order('C', 49 * HOUR_MS), 49 * HOUR_MS);
  expect([...attempts.at.keys()]).toEqual(['B', 'C']);
});

test('what was published long before a start is not remembered, but that QCC called is', () => {
  const attempts = createAttempts();
  noteAttempt(attempts, order('A', HOUR_MS), 100 * HOUR_MS);
  expect([attempts.at.size, attempts.lastCallbackAt]).toEqual([0, HOUR_MS]);
});

test('a flood of invented orders takes bounded memory: those noted first are forgotten', () => {
  const attempts = createAttempts();
  for (let index = 0; index < 100_010; index += 1) noteAttempt(attempts, order(`invented${index}`, 1), 1);
  noteAttempt(attempts, order('real', 1), 1);
  expect(attempts.at.size).toBe(100_000);
  expect([attempts.at.has('invented0'), attempts.at.has('real')]).toEqual([false, true]);
});
