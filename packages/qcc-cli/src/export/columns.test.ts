import { describe, expect, it, test } from 'vitest';
import { type Column, kindOf, parseRow, textOf, withTimesInBeijing } from './columns.ts';

test.each([
  ['LowCardinality(Nullable(String))', { is: 'text' }],
  ['Nullable(Decimal(38, 2))', { is: 'decimal', scale: 2 }],
  ['UInt64', { is: 'integer' }],
  ['Float64', { is: 'float' }],
  ['Bool', { is: 'bool' }],
  ['Nullable(Date32)', { is: 'day' }],
  ["DateTime64(3, 'Asia/Shanghai')", { is: 'time' }],
  ['DateTime', { is: 'time' }],
  ['Array(String)', { is: 'array' }],
  ['Map(String, String)', { is: 'json' }],
  ['UUID', { is: 'text' }],
])('%s is %o', (type, kind) => {
  expect(kindOf(type)).toEqual(kind);
});

test('a row keeps every digit', () => {
  const row = parseRow('[18446744073709551615,123456789012345678.91,1e-7,null,true,["a",7],{"k":"v"},"x"]');
  expect(row).toEqual([
    '18446744073709551615',
    '123456789012345678.91',
    '1e-7',
    null,
    true,
    ['a', '7'],
    { k: 'v' },
    'x',
  ]);
});

test.each([
  [null, ''],
  [true, '是'],
  [false, '否'],
  [['甲', '乙', null], '甲；乙；'],
  [{ 地区: '北京' }, '{"地区":"北京"}'],
])('%o is the text %s', (value, text) => {
  expect(textOf(value)).toBe(text);
});

describe('withTimesInBeijing', () => {
  const day: Column = { name: '日期', kind: { is: 'day' } };
  it('leaves a query without times as it is', () => {
    expect(withTimesInBeijing('SELECT 1', [day])).toBe('SELECT 1');
  });
  it('makes each time text, under its name', () => {
    const time: Column = { name: '时`间', kind: { is: 'time' } };
    expect(withTimesInBeijing('SELECT 1', [day, time])).toBe(
      "SELECT * REPLACE (replaceRegexpOne(toString(toTimeZone(`时\\`间`, 'Asia/Shanghai')), '\\\\.0+$', '') AS `时\\`间`) FROM (\nSELECT 1\n)",
    );
  });
});
