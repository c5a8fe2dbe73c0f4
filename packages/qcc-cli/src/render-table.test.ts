import { describe, expect, test } from 'vitest';
import { renderTable } from './render-table.ts';

const HEAD = ['order', 'account', 'pushed (Shanghai)', 'declared', 'status', 'missing positions'];
const ORDER = 'DDMON2026112509404051810000';
const ROWS = [
  [ORDER, 'main', '2026-11-25 09:40:40', 500, 'INCOMPLETE, unconfirmed', '12: 1–3, 7, 9, 11–17'],
  ['DDMON2026112509404186950001', '上海华汇科技有限公司的账号', '2026-11-25 09:40:41', 7, 'COMPLETE', ''],
];
/** By the upper borders: characters of the cells may be twice as wide. */
const widthOf = (text: string) =>
  Math.max(...text.split('\n').flatMap((line) => (line.startsWith('┌') ? line.length : [])));
/** Without borders and blanks: what was wrapped is whole again. */
const textOf = (text: string, column: number) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) => line.split('│')[column + 1]?.trim())
    .join('');

test('a table in a pipe, or in a terminal that has room, is as wide as it is', () => {
  const wide = renderTable(HEAD, ROWS);
  expect(renderTable(HEAD, ROWS, { columns: widthOf(wide) })).toBe(wide);
  expect(wide.split('\n')[3]).toContain(`│ ${ORDER} │ main `);
});

describe.each([130, 110, 100, 80, 60, 40])('in a terminal of %d columns', (columns) => {
  test('a table fits, and nothing of it is cut off', () => {
    const text = renderTable(HEAD, ROWS, { columns });
    expect(widthOf(text)).toBeLessThanOrEqual(columns);
    expect(text).not.toContain('…');
    const isTable = text.split('\n')[0]!.split('┬').length === HEAD.length;
    const read = isTable ? HEAD.map((_, column) => textOf(text, column)).join('') : textOf(text, 1);
    for (const cell of ROWS.flat()) {
      const squeezed = String(cell).replaceAll(' ', '');
      expect(read.replaceAll(' ', '')).toContain(squeezed);
    }
  });
});

test('where columns would be too narrow to read, each row is a block that names them', () => {
  const [first, second] = renderTable(HEAD, ROWS, { columns: 60 }).split('\n┌');
  expect(first).toContain(`│ order             │ ${ORDER} `);
  expect(first).toContain('│ declared          │ 500 ');
  expect(second).toContain('│ status            │ COMPLETE ');
});
