import { expect, test } from 'vitest';
import { createLedgerAlarm, type OpenOrder } from './ledger-alarm.ts';

const order = (orderNo: string, status: string, reason: string | null = null): OpenOrder => ({
  orderNo,
  revision: 0,
  status,
  reason,
});
const overdue = order('DD1', 'INCOMPLETE', 'OVERDUE');

test('counts orders by status, with a zero for each that has none', () => {
  const { counts } = createLedgerAlarm().judge([overdue, order('DD2', 'STORING'), order('DD3', 'STORING')]);
  expect(Object.fromEntries(counts)).toEqual({
    RECEIVED: 0,
    EXTRACTING: 0,
    STORING: 2,
    DETAILS_PENDING: 0,
    INCOMPLETE: 1,
    FAILED: 0,
  });
});

test.each<[string, OpenOrder[][], string[][]]>([
  ['once while it lasts', [[overdue], [overdue]], [['DD1'], []]],
  ['again after it was well in between', [[overdue], [], [overdue]], [['DD1'], [], ['DD1']]],
  ['again for another reason', [[overdue], [order('DD1', 'INCOMPLETE', 'RECORDS_REJECTED')]], [['DD1'], ['DD1']]],
  ['not while it is under way', [[order('DD1', 'STORING'), order('DD2', 'DETAILS_PENDING')]], [[]]],
  ['when it failed', [[order('DD1', 'FAILED', 'ARCHIVE_DAMAGED')]], [['DD1']]],
])('an order is told of %s', (_name, readings, expected) => {
  const alarm = createLedgerAlarm();
  expect(readings.map((orders) => alarm.judge(orders).news.map(({ orderNo }) => orderNo))).toEqual(expected);
});
