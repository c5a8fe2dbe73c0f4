import { expect, test } from 'vitest';
import { createLedgerAlarm, type OpenOrder } from './ledger-alarm.ts';

const order = (orderNo: string, status: string, reason: string | null = null, ofStatus = 1): OpenOrder => ({
  orderNo,
  revision: 0,
  status,
  reason,
  ofStatus,
});
const overdue = order('DD1', 'INCOMPLETE', 'OVERDUE');

test('counts orders by status, those that were not read too, with a zero for each status that has none', () => {
  const storing = ['DD2', 'DD3'].map((orderNo) => order(orderNo, 'STORING', null, 4_000_000));
  const { counts } = createLedgerAlarm().judge([overdue, ...storing]);
  expect(Object.fromEntries(counts)).toEqual({
    RECEIVED: 0,
    EXTRACTING: 0,
    STORING: 4_000_000,
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
  expect(readings.map((orders) => alarm.judge(orders).appeared.map(({ orderNo }) => orderNo))).toEqual(expected);
});
