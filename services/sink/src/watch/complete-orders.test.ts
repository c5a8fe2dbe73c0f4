import { expect, test } from 'vitest';
import { createCompleteOrders } from './complete-orders.ts';

const HOUR_MS = 3_600_000;
const START = 100 * HOUR_MS;
const order = (orderNo: string, completedAt: number, receivedAt = completedAt - 5_000) => ({
  orderNo,
  receivedAt,
  completedAt,
});

test('an order is returned once, and only if it became complete after the start', () => {
  const orders = createCompleteOrders(START);
  const told = (at: number, ...given: ReturnType<typeof order>[]) =>
    orders.judge(given, at).appeared.map(({ orderNo }) => orderNo);
  expect(told(START + 1, order('before', START - 1))).toEqual([]);
  expect(told(START + 10, order('before', START - 1), order('A', START + 5))).toEqual(['A']);
  expect(told(START + 20, order('A', START + 5), order('B', START + 15))).toEqual(['B']);
  // It was visible late, behind another one.
  expect(told(START + 30, order('A', START + 5), order('late', START + 7))).toEqual(['late']);
  for (let at = START + 30; at < START + 5 * HOUR_MS; at += HOUR_MS / 2)
    expect(told(at, order('A', START + 5))).toEqual([]);
});

test('an order is told that became complete while the ledger could not be read for hours', () => {
  const orders = createCompleteOrders(START);
  orders.judge([], START + HOUR_MS);
  const { appeared } = orders.judge([order('slow', START + 2 * HOUR_MS)], START + 5 * HOUR_MS);
  expect(appeared.map(({ orderNo }) => orderNo)).toEqual(['slow']);
});

test('an order of which a record is stored again later is not told again', () => {
  const orders = createCompleteOrders(START);
  orders.judge([order('A', START + 5)], START + 10);
  expect(orders.judge([order('A', START + 30 * HOUR_MS)], START + 30 * HOUR_MS).appeared).toEqual([]);
});

test('the first reading is of all orders, later ones begin an hour before the last', () => {
  const orders = createCompleteOrders(START);
  expect(orders.since()).toBeNull();
  orders.judge([], START + 5);
  expect(orders.since()).toBe(START + 5 - HOUR_MS);
});

test('the newest complete order is the one that was received last, whenever it was completed', () => {
  const orders = createCompleteOrders(START);
  const newest = (...given: ReturnType<typeof order>[]) => orders.judge(given, START).newestReceivedAt;
  expect(newest()).toBeNull();
  expect(newest(order('A', 50, 40))).toBe(40);
  expect(newest(order('B', 60, 30))).toBe(40);
  expect(newest()).toBe(40);
  expect(newest(order('C', 70, 65))).toBe(65);
});
