import { expect, test } from 'vitest';
import { classifyStatus, QCC_STATUSES } from './status.ts';

/** Section 7 of the document, as its two tables have it, and beside each code the class this project gives it. */
const SECTION_7 = `
200 success 【有效请求】查询成功
201 empty 【有效请求】查询无结果
202 never 【有效请求】查询参数错误，请检查
205 later 【有效请求】等待处理中
207 never 【有效请求】请求数据的条目数超过上限（5000）
208 never 【有效请求】此接口不支持此公司类型查询
209 never 【有效请求】企业数量超过上限
213 never 【有效请求】参数长度不能小于 2
215 never 【有效请求】不支持的查询关键字
218 never 【有效请求】该企业暂不支持空壳扫描
219 never 【有效请求】该企业暂不支持准入尽调
101 stop 【无效请求】当前的 KEY 无效或者还未生效中
102 stop 【无效请求】当前 KEY 已欠费
103 stop 【无效请求】当前 KEY 被暂停使用
104 stop 【无效请求】请求 KEY 异常，请联系管理员
106 stop 【无效请求】非法请求过多，请联系管理员
107 stop 【无效请求】被禁止的 IP 或者签名错误
108 stop 【无效请求】异常请求过多，请联系管理员
109 pause 【无效请求】请求超过每日系统限制
111 stop 【无效请求】接口权限未开通，请联系管理员
112 stop 【无效请求】您的账号剩余使用量已不足或已过期
113 stop 【无效请求】当前接口已被删除，请重新申请
114 stop 【无效请求】当前接口已被禁用，请联系管理员
115 stop 【无效请求】身份验证错误或者已过期
116 pause 【无效请求】请求超过每日调用总量限制
117 stop 【无效请求】当前不支持的请求参数调用量过多
118 stop 【无效请求】当前接口不支持此方式的调用
119 stop 【无效请求】您的帐号出现异常，请联系管理员
199 retry 【无效请求】系统未知错误，请联系技术客服
203 retry 【无效请求】系统查询有异常，请联系技术人员
214 stop 【无效请求】您还未购买过该接口，请先购买
223 stop 【无效请求】当前接口的计费方式不支持此查询参数
500 retry 【无效请求】接口相关的逻辑错误`
  .trim()
  .split('\n')
  .map((line) => /^(\d+) (\w+) (.+)$/.exec(line)!.slice(1) as [string, string, string]);

test.each(SECTION_7)('%s is %s: %s', (code, statusClass, message) => {
  expect(QCC_STATUSES[code]).toEqual({ class: statusClass, message });
  expect(classifyStatus(code)).toBe(statusClass);
});

test('the table holds the codes of the document and no others', () => {
  expect(Object.keys(QCC_STATUSES).sort()).toEqual(SECTION_7.map(([code]) => code).sort());
});

test('no invalid request counts as a success, though 203, 214 and 223 look like one', () => {
  const invalid = SECTION_7.filter(([, , message]) => message.startsWith('【无效请求】'));
  expect(invalid.filter(([code]) => ['success', 'empty'].includes(classifyStatus(code)))).toEqual([]);
});

test.each(['0', '204', '999', '', '2000', 'toString', '__proto__'])('%j is unknown', (code) => {
  expect(classifyStatus(code)).toBe('unknown');
});
