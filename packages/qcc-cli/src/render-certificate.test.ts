import { expect, test } from 'vitest';
import { type DayStatement, renderCertificate, shortcomings } from './render-certificate.ts';

const window = (push_window: string, verdict: string) => ({
  account: 'main',
  push_window,
  last_checked_at: '2026-03-16 11:05:00.000',
  orders_listed: 1,
  orders_complete: 1,
  verdict,
});
const REASONS: Record<string, string> = { FAILED: 'ARCHIVE_DAMAGED', INCOMPLETE: 'UNCONFIRMED' };
const order = (status = 'COMPLETE') => ({
  account: 'main',
  order_no: 'DDMON1',
  revision: 0,
  push_date: '2026-03-16 09:30:00.000',
  declared: 20,
  parsed: 20,
  rejected: 1,
  discarded: 1,
  stored: 19,
  status,
  reason: REASONS[status] ?? null,
  archive_sha256: 'ab12',
  closed_at: null,
  closed_by: null,
  closed_reason: null,
});
const closed = { closed_at: '2026-03-17 10:00:00.000', closed_by: '李四', closed_reason: 'QCC 已无此压缩包' };
const gap = (is_open: boolean) => ({
  account: 'main',
  gap: 'A..B',
  gap_after: '2026-03-16 10:00:00.000',
  gap_before: '2026-03-16 12:00:00.000',
  is_open,
  closed_at: is_open ? null : '2026-03-17 09:00:00.000',
  closed_by: is_open ? null : '张三',
  reason: is_open ? null : '已核对',
});
const day: DayStatement = {
  account: 'main',
  day: '2026-03-16',
  isOver: true,
  windows: [window('09-11', 'COMPLETE'), window('11-13', 'NOTHING_LISTED')],
  orders: [order()],
  gaps: [],
  activations: [],
};

test.each<[string, Partial<DayStatement>, string[]]>([
  ['complete', {}, []],
  ['complete with a gap that a person closed', { gaps: [gap(false)] }, []],
  ['that is not over', { isOver: false }, ['当日尚未结束 the day is not over']],
  ['of which no window is known', { windows: [] }, ['no window of the day is known']],
  ['with a window that nobody checked', { windows: [window('09-11', 'NOT_CHECKED')] }, ['window 09-11: NOT_CHECKED']],
  ['with a gap', { windows: [window('09-11', 'GAP')], gaps: [gap(true)] }, ['window 09-11: GAP', 'open gap A..B']],
  ['with an order that failed', { orders: [order('FAILED')] }, ['order DDMON1: FAILED (ARCHIVE_DAMAGED)']],
  ['with an order that failed and that a person closed', { orders: [{ ...order('FAILED'), ...closed }] }, []],
  [
    'with an order that QCC has not confirmed',
    { orders: [order('INCOMPLETE')] },
    [
      "order DDMON1: INCOMPLETE (UNCONFIRMED: 压缩包来自回调链接，未经企查查确认 archive of a callback's link, not confirmed by QCC)",
    ],
  ],
  [
    'with an order that QCC never confirmed and that a person closed',
    { orders: [{ ...order('INCOMPLETE'), ...closed }] },
    [],
  ],
  ['with an order under way', { orders: [order('STORING')] }, ['order DDMON1: STORING']],
])('a day %s', (_name, change, expected) => {
  const statement = { ...day, ...change };
  expect(shortcomings(statement)).toEqual(expected.map((line) => expect.stringContaining(line)));
  const text = renderCertificate(statement);
  expect(text).toContain(expected.length === 0 ? '当日数据完整。' : '当日数据不能证明完整。');
});

test('the certificate names windows, counts, hashes, activations and who closed a gap, the same each time', () => {
  const activation = {
    account: 'main',
    activated_at: '2026-03-16 08:00:00.000',
    why: 'BY_HAND',
    outcome: 'QCC_200',
  };
  const statement = { ...day, gaps: [gap(false)], activations: [activation] };
  const text = renderCertificate(statement);
  for (const part of [
    /09-11 .* 2026-03-16 11:05:00 .* COMPLETE/,
    /DDMON1 .* 20 .* 19 .* COMPLETE/,
    /声明 declared 20, 入库 stored 19, 放弃 discarded 1/,
    /^ab12 {2}DDMON1$/m,
    /^2026-03-16 08:00:00 {2}BY_HAND: QCC_200$/m,
    /A\.\.B .*结案 closed 2026-03-17 09:00:00, 张三: 已核对/,
  ])
    expect(text).toMatch(part);
  expect(renderCertificate(statement)).toBe(text);
});

test('the certificate shows an archive that declares no total as undeclared, and the day is not proven complete', () => {
  const undeclared = { ...order('INCOMPLETE'), declared: null, reason: 'UNDECLARED' };
  const statement = { ...day, orders: [order(), undeclared] };
  expect(shortcomings(statement)).toEqual(['订单 order DDMON1: INCOMPLETE (UNDECLARED)']);
  const text = renderCertificate(statement);
  expect(text).toContain('未声明 undeclared');
  expect(text).toContain('声明 declared 20, ');
});

test('the certificate names who closed an order and why, and does not call its data complete', () => {
  const text = renderCertificate({ ...day, orders: [order(), { ...order('FAILED'), ...closed }] });
  expect(text).toContain('DDMON1: FAILED (ARCHIVE_DAMAGED), 结案 closed 2026-03-17 10:00:00, 李四: QCC 已无此压缩包');
  expect(text).toContain('Conclusion: the day is complete, apart from 1 orders that a person closed.');
});
