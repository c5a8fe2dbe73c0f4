import { expect, test } from 'vitest';
import type { Column, ColumnKind, Value } from './columns.ts';
import { cellXml, EXCEL_CHARACTERS, escapeXml, textCell, toCell, widthFor } from './xlsx-cell.ts';

const column = (kind: ColumnKind): Column => ({ name: '列', kind });

test.each<[kind: ColumnKind, value: Value, xml: string]>([
  [{ is: 'integer' }, '42', '<c r="A1" s="3"><v>42</v></c>'],
  [{ is: 'integer' }, '-7', '<c r="A1" s="3"><v>-7</v></c>'],
  [{ is: 'decimal', scale: 2 }, '1234567.80', '<c r="A1" s="4"><v>1234567.80</v></c>'],
  [{ is: 'float' }, '33.3', '<c r="A1"><v>33.3</v></c>'],
  [{ is: 'day' }, '2026-03-16', '<c r="A1" s="5"><v>46097</v></c>'],
  [{ is: 'day' }, '1900-03-01', '<c r="A1" s="5"><v>61</v></c>'],
  [{ is: 'time' }, '2026-03-16 12:00:00', '<c r="A1" s="6"><v>46097.5</v></c>'],
  [{ is: 'text' }, null, ''],
])('a %o of %j is a cell of Excel', (kind, value, xml) => {
  expect(cellXml(toCell(column(kind), value), 'A1')).toBe(xml);
});

test.each<[why: string, kind: ColumnKind, value: string]>([
  ['a code of digits', { is: 'text' }, '110108000000001'],
  ['what would be a formula', { is: 'text' }, '=1+1'],
  ['a day before those of Excel', { is: 'day' }, '1900-02-28'],
])('%s stays text', (_, kind, value) => {
  expect(toCell(column(kind), value)).toEqual({ is: 'text', text: value, style: 'plain' });
});

test.each<[why: string, kind: ColumnKind, value: string]>([
  ['more digits than Excel keeps', { is: 'integer' }, '9223372036854775807'],
  ['an amount with more digits', { is: 'decimal', scale: 2 }, '123456789012345678.91'],
])('%s stays text, and is counted as a number', (_, kind, value) => {
  expect(toCell(column(kind), value)).toEqual({ is: 'text', text: value, style: 'plain', isNumber: true });
});

test.each<[value: Value, text: string]>([
  [true, '是'],
  [['甲', '乙'], '甲；乙'],
  [{ k: 'v' }, '{"k":"v"}'],
])('%o is the text %s', (value, text) => {
  expect(toCell(column({ is: 'text' }), value)).toMatchObject({ is: 'text', text });
});

test('a character of two halves is cut as a whole', () => {
  const cell = textCell(`${'a'.repeat(EXCEL_CHARACTERS - 2)}𠮷𠮷`);
  expect(cell).toMatchObject({ text: `${'a'.repeat(EXCEL_CHARACTERS - 2)}…`, isCut: true });
});

test('text that is longer than a cell may be is cut, and marked', () => {
  const cell = textCell('甲'.repeat(EXCEL_CHARACTERS + 1));
  expect(cell).toMatchObject({ isCut: true, text: expect.stringMatching(/甲…$/) });
});

test('text becomes XML that gives it back', () => {
  expect(escapeXml('<甲 & "乙">')).toBe('&lt;甲 &amp; &quot;乙&quot;&gt;');
  expect(escapeXml('a\u0007b_x0041_c\r\n')).toBe('a_x0007_b_x005F_x0041_c_x000D_\n');
  expect(escapeXml('\uD800')).toBe('\uFFFD');
});

test('a column is as wide as its cells, and Chinese takes twice the room', () => {
  expect(widthFor([textCell('示例科技有限公司'), textCell('abc')])).toBe(18);
  expect(widthFor([textCell('甲')])).toBe(8);
  expect(widthFor([textCell('甲'.repeat(500))])).toBe(60);
});
