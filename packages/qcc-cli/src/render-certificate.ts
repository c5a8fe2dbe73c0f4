import type { OrderCounts } from './closures.ts';
import { renderTable } from './render-table.ts';

/** What the views say of one account and Shanghai day; instants as ClickHouse writes them, in Shanghai. */
export type DayStatement = {
  account: string;
  /** YYYY-MM-DD. */
  day: string;
  /** False while orders of the day may still arrive. */
  isOver: boolean;
  windows: readonly WindowRow[];
  orders: readonly OrderRow[];
  gaps: readonly GapRow[];
  activations: readonly ActivationRow[];
};

export type WindowRow = {
  account: string;
  push_window: string;
  last_checked_at: string | null;
  orders_listed: number;
  orders_complete: number;
  verdict: string;
};

export type OrderRow = OrderCounts & { discarded: number; archive_sha256: string | null };

export type GapRow = {
  account: string;
  gap: string;
  gap_after: string;
  gap_before: string;
  is_open: boolean;
  closed_at: string | null;
  closed_by: string | null;
  reason: string | null;
};

export type ActivationRow = {
  account: string;
  activated_at: string;
  /** BY_HAND, or what the gateway saw. */
  why: string;
  /** QCC_200 or another code, STARTED where a crash cut it off. */
  outcome: string;
};

const PROVEN_VERDICTS = ['COMPLETE', 'NOTHING_LISTED'];
const WINDOW_HEAD = ['时段 window', '最近对账 last check', '列出 listed', '完整 complete', '结论 verdict'];
const ORDER_HEAD = [
  '订单 order',
  '推送 pushed',
  '声明 declared',
  '解析 parsed',
  '被拒 rejected',
  '放弃 discarded',
  '入库 stored',
  '状态 status',
];

/** What keeps the day from being proven complete, one line each in both languages; none where it is. */
export function shortcomings({ isOver, windows, orders, gaps }: DayStatement): string[] {
  return [
    ...(isOver ? [] : ['当日尚未结束 the day is not over']),
    ...(windows.length === 0 ? ['当日没有任何时段记录 no window of the day is known'] : []),
    ...windows
      .filter(({ verdict }) => !PROVEN_VERDICTS.includes(verdict))
      .map(({ push_window, verdict }) => `时段 window ${push_window}: ${verdict}`),
    ...orders
      .filter(({ status, closed_by }) => status !== 'COMPLETE' && closed_by === null)
      .map((row) => `订单 order ${row.order_no}: ${describeOutcome(row)}`),
    ...gaps.filter(({ is_open }) => is_open).map(({ gap }) => `缺口未结案 open gap ${gap}`),
  ];
}

/**
 * The statement of a day for an auditor, in Chinese and English. The same rows give the same text: nothing in it
 * depends on when or where it is printed.
 */
export function renderCertificate(statement: DayStatement): string {
  const { account, day, windows, orders, gaps, activations } = statement;
  const missing = shortcomings(statement);
  return [
    `企查查年检数据完整性声明 Certificate of completeness — ${day}`,
    `账号 account: ${account}    日期与时间均为北京时间 days and times are Shanghai's`,
    '',
    "一、推送时段与对账结论 Push windows, checked against QCC's list of orders",
    renderTable(
      WINDOW_HEAD,
      windows.map((row) => [
        row.push_window === 'other' ? '时段外 other' : row.push_window,
        time(row.last_checked_at),
        row.orders_listed,
        row.orders_complete,
        row.verdict,
      ]),
    ),
    '',
    '二、订单与记录数 Orders and their records, by the ledger',
    renderTable(
      ORDER_HEAD,
      orders.map((row) => [
        row.revision > 0 ? `${row.order_no} (第 ${row.revision} 次重放 revision ${row.revision})` : row.order_no,
        time(row.push_date),
        row.declared ?? (row.reason === 'UNDECLARED' ? '未声明 undeclared' : '–'),
        row.parsed,
        row.rejected,
        row.discarded,
        row.stored,
        row.status,
      ]),
    ),
    `合计 total: ${orders.length} 笔订单 orders, 声明 declared ${sum(orders.map(({ declared }) => declared ?? 0))}, 入库 stored ${sum(orders.map(({ stored }) => stored))}, 放弃 discarded ${sum(orders.map(({ discarded }) => discarded))}`,
    '',
    '三、压缩包原文哈希 Archives as delivered (SHA-256)',
    ...orNone(orders.map((row) => `${row.archive_sha256 ?? '–'}  ${row.order_no}`)),
    '',
    '四、人工结案的订单 Orders closed by a person',
    ...orNone(orders.filter(({ closed_by }) => closed_by !== null).map(describeClosedOrder)),
    '',
    '五、缺口 Gaps in the list of orders',
    ...orNone(gaps.map(describeGap)),
    '',
    '六、回调激活 Activations of the callback',
    ...orNone(activations.map((row) => `${time(row.activated_at)}  ${row.why}: ${row.outcome}`)),
    '',
    ...(missing.length === 0
      ? [describeComplete(orders.filter(({ closed_by }) => closed_by !== null).length)]
      : [
          '结论：当日数据不能证明完整。 Conclusion: the day is not proven complete.',
          ...missing.map((line) => `  - ${line}`),
        ]),
  ].join('\n');
}

const describeComplete = (closed: number): string =>
  closed === 0
    ? '结论：当日数据完整。 Conclusion: the day is complete.'
    : `结论：除 ${closed} 笔人工结案的订单外，当日数据完整。 Conclusion: the day is complete, apart from ${closed} orders that a person closed.`;

/** `FAILED (ARCHIVE_DAMAGED)`; an order under way and one that is COMPLETE have no reason. */
const describeOutcome = ({ status, reason }: OrderRow): string => {
  if (reason === null) return status;
  const meaning =
    reason === 'UNCONFIRMED'
      ? ": 压缩包来自回调链接，未经企查查确认 archive of a callback's link, not confirmed by QCC"
      : '';
  return `${status} (${reason}${meaning})`;
};

const describeClosedOrder = (row: OrderRow): string =>
  `${row.order_no}: ${describeOutcome(row)}, 结案 closed ${time(row.closed_at)}, ${row.closed_by ?? '–'}: ${row.closed_reason ?? '–'}`;

const describeGap = (row: GapRow): string => {
  const span = `${row.gap}  (${time(row.gap_after)} – ${time(row.gap_before)}, 数量未知 size unknown)`;
  return row.is_open
    ? `${span}: 未结案 open`
    : `${span}: 结案 closed ${time(row.closed_at)}, ${row.closed_by ?? '–'}: ${row.reason ?? '–'}`;
};

const time = (text: string | null): string => text?.slice(0, 19) ?? '–';
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const orNone = (lines: string[]): string[] => (lines.length > 0 ? lines : ['无 none']);
