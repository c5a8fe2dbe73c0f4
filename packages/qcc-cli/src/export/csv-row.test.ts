import { expect, test } from 'vitest';
import type { Column } from './columns.ts';
import { csvHeader, csvRow } from './csv-row.ts';

const text: Column = { name: '内容', kind: { is: 'text' } };
const amount: Column = { name: '金额', kind: { is: 'decimal', scale: 2 } };
const list: Column = { name: '名单', kind: { is: 'array' } };

test.each([
  ['=1+1', `"'=1+1"`],
  ['+cmd', `"'+cmd"`],
  ['-cmd', `"'-cmd"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['＝1+1', `"'＝1+1"`],
  ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
  ["'quoted", `"'quoted"`],
  ['-5', '-5'],
  ['-12.50', '-12.50'],
  ['+86 10', `"'+86 10"`],
  ['甲,乙', '"甲,乙"'],
  ['甲\n乙', '"甲\n乙"'],
  [' 甲', '" 甲"'],
  ['110108000000001', '110108000000001'],
])('text %j is the cell %j', (value, cell) => {
  expect(csvRow([text], [value])).toBe(`${cell}\r\n`);
});

test('a negative number stays one', () => {
  expect(csvRow([amount, text, list], ['-12.50', null, ['=甲', '乙']])).toBe(`-12.50,,"'=甲；乙"\r\n`);
});

test('the header is a row, too', () => {
  expect(csvHeader([text, amount])).toBe('内容,金额\r\n');
});
