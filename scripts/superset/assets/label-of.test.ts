import { expect, test } from 'vitest';
import { labelOf } from './label-of.ts';

test.each([
  ['推送日期（北京时间）', '推送日期'],
  ['企查查账号标识，默认 main', '企查查账号标识'],
  ['状态：RECEIVED 已收到', '状态'],
  ['企业 KeyNo', '企业 KeyNo'],
  ['', 'push_day'],
])('of the comment %j the label is %j', (comment, label) => {
  expect(labelOf({ name: 'push_day', comment })).toBe(label);
});
