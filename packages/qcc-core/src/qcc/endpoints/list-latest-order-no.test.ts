import { expect, test } from 'vitest';
import { readResponse } from '../read-response.ts';
import { type ListedOrder, listLatestOrderNo, MOST_CHARACTERS, MOST_ROWS } from './list-latest-order-no.ts';

const GOOD = { orderNo: 'DDMON1', createDate: '2021-03-16 16:14:37' };
const CREATED = Date.UTC(2021, 2, 16, 8, 14, 37);
const readText = (text: string) =>
  readResponse(listLatestOrderNo, undefined, { status: 200, body: Buffer.from(text), sentAt: 0 });
const read = (fields: object) => readText(JSON.stringify({ status: '200', ...fields }));
const list = (...resultList: unknown[]) => read({ resultList });

test.each<[string, unknown, object]>([
  ['no number', { createDate: GOOD.createDate }, { why: 'no_number', createDate: CREATED }],
  ['a number that is null', { ...GOOD, orderNo: null }, { why: 'no_number', createDate: CREATED }],
  ['a blank number', { ...GOOD, orderNo: ' \u3000' }, { why: 'no_number', createDate: CREATED }],
  ['an object for its number', { ...GOOD, orderNo: { a: 1 } }, { why: 'no_number', createDate: CREATED }],
  ['a number past 2^53, which is another number by now', { ...GOOD, orderNo: 2 ** 60 }, { why: 'no_number' }],
  ['a number with a line break', { ...GOOD, orderNo: 'DDMON1\nDDMON2' }, { why: 'no_number' }],
  ['a number of a million characters', { ...GOOD, orderNo: 'D'.repeat(1_000_000) }, { why: 'no_number' }],
  ['a number under another name', { orderNumber: 'DDMON1' }, { why: 'no_number', createDate: null }],
  ['neither number nor date', {}, { why: 'no_number', createDate: null }],
  ['null', null, { why: 'no_object', createDate: null }],
  ['a text', 'DDMON1', { why: 'no_object', createDate: null }],
  ['a list', [GOOD], { why: 'no_object', createDate: null }],
])('a row of %s does not affect the others, and is kept as it came', (_, row, expected) => {
  const [newer, older] = [
    { ...GOOD, orderNo: 'DDMON3' },
    { ...GOOD, orderNo: 'DDMON0' },
  ];
  const listed = ({ orderNo }: typeof GOOD) => ({ orderNo, createDate: CREATED });
  expect(list(newer, row, older)).toMatchObject({
    kind: 'success',
    value: {
      orders: [listed(newer), listed(older)],
      unnamed: [
        { ...expected, row: JSON.stringify(row).slice(0, MOST_CHARACTERS), newer: listed(newer), older: listed(older) },
      ],
    },
  });
});

test('a row is kept without secrets, also where it is cut', () => {
  const row = { note: 'a'.repeat(MOST_CHARACTERS - 40), unzipPassword: 'canary-word-that-is-cut-in-the-middle-of-it' };
  const read = listLatestOrderNo.result().parse({ resultList: [{ unzipPassword: 'canary-word' }, row] });
  const kept = read.unnamed.map(({ row }) => row);
  expect(kept[0]).toBe('{"unzipPassword":"[redacted]"}');
  expect(kept[1]!.length).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(kept[1]).not.toContain('canary');
});

test('a row that is nested too deep to be written again does not affect the others', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const text = JSON.stringify({ status: '200', resultList: [GOOD, 'DEEP'] }).replace('"DEEP"', deep);
  expect(readText(text)).toMatchObject({
    value: { orders: [{ orderNo: 'DDMON1' }], unnamed: [{ why: 'no_object', row: 'nested too deep' }] },
  });
});

test('of a list that fills the largest response, only the first rows are read, and the others are counted', () => {
  const rows = 1_000_000;
  const first = JSON.stringify(GOOD);
  expect(readText(`{"status":"200","resultList":[${first},${'0,'.repeat(rows - 2)}0]}`)).toMatchObject({
    value: { orders: [{ orderNo: 'DDMON1' }], unnamed: { length: MOST_ROWS - 1 }, unread: rows - MOST_ROWS },
  });
});

test('the work for a list is bounded, whatever its length', () => {
  let reads = 0;
  const row = {
    get createDate() {
      reads += 1;
      return GOOD.createDate;
    },
  };
  const { unnamed } = listLatestOrderNo.result().parse({ resultList: Array(10_000).fill(row) });
  expect(unnamed).toHaveLength(MOST_ROWS);
  expect(reads).toBeLessThan(10 * MOST_ROWS);
});

test('each row without a number has the nearest orders before and after it', () => {
  const order = (orderNo: string) => ({ ...GOOD, orderNo });
  const numbers = ({ newer, older }: { newer: ListedOrder | null; older: ListedOrder | null }) => [
    newer?.orderNo ?? null,
    older?.orderNo ?? null,
  ];
  const { unnamed } = listLatestOrderNo.result().parse({ resultList: [{}, order('B'), {}, {}, order('A'), {}] });
  expect(unnamed.map(numbers)).toEqual([
    [null, 'B'],
    ['B', 'A'],
    ['B', 'A'],
    ['A', null],
  ]);
});

test.each([
  '2021/03/16 16:14:37',
  '2021-03-16T16:14:37',
  '2021-03-16T08:14:37.000Z',
  '2021年3月16日 16时14分37秒',
  CREATED,
  String(CREATED),
  CREATED / 1_000,
])('%j is a date of an order, and of a row without a number', (createDate) => {
  expect(list({ ...GOOD, createDate }, { createDate })).toMatchObject({
    value: { orders: [{ createDate: CREATED }], unnamed: [{ createDate: CREATED }] },
  });
});

test.each([undefined, null, '', 0, 'soon', '2021-02-30 00:00:00', '2021-03-16 25:00:00', {}, [], true])(
  'an order is an order although its date is %j',
  (createDate) => {
    expect(list({ ...GOOD, createDate })).toMatchObject({
      value: { orders: [{ orderNo: 'DDMON1', createDate: null }], unnamed: [] },
    });
  },
);

test.each([
  ['an empty list', { resultList: [] }],
  ['null for the list', { resultList: null }],
  ['a result of null and no list', { result: null }],
])('%s is no orders', (_, fields) => {
  expect(read(fields)).toMatchObject({ kind: 'success', value: { orders: [], unnamed: [] } });
});

test.each([
  ['no list', {}],
  ['a text for the list', { resultList: 'none' }],
  ['an object for the list', { resultList: GOOD }],
  ['the list at another place', { result: [GOOD] }],
])('%s is not taken for no orders', (_, fields) => {
  expect(read(fields)).toMatchObject({ kind: 'unknown', reason: 'UNEXPECTED_SHAPE' });
});
