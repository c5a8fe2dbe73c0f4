import { expect, test } from 'vitest';
import { columnKind } from './column-kind.ts';

test.each([
  ['Date', 'time'],
  ['Nullable(Date32)', 'time'],
  ['DateTime', 'time'],
  ['Nullable(DateTime)', 'time'],
  ['DateTime64(3)', 'time'],
  ["DateTime('Asia/Shanghai')", 'left out'],
  ["DateTime64(3, 'Asia/Shanghai')", 'left out'],
  ["Nullable(DateTime64(3, 'Asia/Shanghai'))", 'left out'],
  ['Array(String)', 'left out'],
  ['Array(Tuple(first UInt32, last UInt32))', 'left out'],
  ['LowCardinality(Nullable(String))', 'value'],
  ['Nullable(Decimal(20, 2))', 'value'],
  ['Bool', 'value'],
])('a column of the type %s is used as: %s', (type, kind) => {
  expect(columnKind(type)).toBe(kind);
});
