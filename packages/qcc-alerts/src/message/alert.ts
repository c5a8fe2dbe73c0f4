import { formatShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { CHANGE_TYPES, type EnrichedRecord, RISK_CATEGORIES } from 'qcc-core/contract/domain';
import type { Direction } from '../decide/direction.ts';
import { maskChange } from '../mask/mask-change.ts';

/** The only fields that leave the pipeline in an alert. None of them names a person. */
export const ALERT_FIELDS = [
  'company',
  'creditCode',
  'corpKeyNo',
  'type',
  'category',
  'direction',
  'content',
  'eventDate',
  'changeDate',
  'pushedAt',
  'amount',
  'cases',
  'detailStatus',
  'orderNo',
  'changeId',
] as const;
export type AlertField = (typeof ALERT_FIELDS)[number];

/** What messages show if a rule does not say it. */
export const DEFAULT_FIELDS: readonly AlertField[] = [
  'company',
  'type',
  'category',
  'direction',
  'content',
  'eventDate',
  'amount',
];

/** Names of fields for people. */
export const FIELD_NAMES: Readonly<Record<AlertField, string>> = {
  company: '企业',
  creditCode: '统一社会信用代码',
  corpKeyNo: '企业 KeyNo',
  type: '监测类型',
  category: '监测级别',
  direction: '方向',
  content: '内容',
  eventDate: '事件日期',
  changeDate: '更新日期',
  pushedAt: '推送时间',
  amount: '涉案金额（元）',
  cases: '失信案件数',
  detailStatus: '详情状态',
  orderNo: '推送订单号',
  changeId: '变更记录 ID',
};

/** One alert as it is stored and sent. */
export type Alert = {
  /** The same for the same rule and event, whatever is replayed. */
  id: string;
  rule: string;
  /** In the order in which they are shown. Fields without a value are left out. */
  fields: Partial<Record<AlertField, string>>;
};

/** The sum of the amounts that are known, in cents, and whether there may be more. */
export type AmountSum = { cents: bigint; isWhole: boolean };

/**
 * Adds up 涉案金额 of all cases. Null if the change has no details, for example while they are pending.
 * Amounts are plain decimals of at most two digits after the point (`DishonestDebtor.amount`).
 */
export function sumAmounts(enriched: EnrichedRecord): AmountSum | null {
  if (enriched.detailStatus !== 'ENRICHED') return null;
  const { dishonestDebtors: debtors } = enriched;
  const known = debtors.flatMap(({ amount }) => (amount === null ? [] : [toCents(amount)]));
  const isWhole = known.length === debtors.length && !enriched.detailsTruncated && enriched.detailsComplete !== false;
  return { cents: known.reduce((sum, each) => sum + each, 0n), isWhole };
}

export function toCents(amount: string): bigint {
  const [, sign = '', whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? [];
  const cents = BigInt(whole) * 100n + BigInt(part.padEnd(2, '0'));
  return sign === '-' ? -cents : cents;
}

const DAY_MS = 86_400_000;
const dayText = (days: number | null): string | null =>
  days === null ? null : new Date(days * DAY_MS).toISOString().slice(0, 10);

const amountText = (sum: AmountSum | null): string | null => {
  if (sum === null) return null;
  const text = `${sum.cents / 100n}.${String(sum.cents % 100n).padStart(2, '0')}`;
  return sum.isWhole ? text : `至少 ${text}`;
};

/** Types and levels by the names of the document, others only by a code that is a number: QCC's text may hold anything. */
const named = (names: Readonly<Record<string, string>>, code: string | null): string | null =>
  code === null ? null : (names[code] ?? (/^\d{1,4}$/.test(code) ? `代码 ${code}` : '未知'));

/** Makes the alert of a change: allowed fields, and no name of a person. */
export function toAlert(input: {
  id: string;
  rule: { name: string; fields?: readonly AlertField[] | undefined };
  enriched: EnrichedRecord;
  direction: Direction | null;
}): Alert {
  const { enriched, direction, rule } = input;
  const { record } = enriched;
  const masked = maskChange(record);
  const ofDebtors = record.type === '11';
  const values: Record<AlertField, string | null> = {
    company: masked.company,
    creditCode: masked.creditCode,
    corpKeyNo: record.corpKeyNo,
    type: named(CHANGE_TYPES, record.type),
    category: named(RISK_CATEGORIES, record.category),
    direction,
    content: masked.content,
    eventDate: dayText(record.eventDate),
    changeDate: dayText(record.changeDate),
    pushedAt: formatShanghaiDateTime(record.pushDate),
    amount: ofDebtors ? (amountText(sumAmounts(enriched)) ?? '待补全或未知') : null,
    cases: ofDebtors && enriched.detailsTotal !== null ? String(enriched.detailsTotal) : null,
    detailStatus: enriched.detailStatus,
    orderNo: record.orderNo,
    changeId: record.id,
  };
  const fields = (rule.fields ?? DEFAULT_FIELDS).flatMap((field) => {
    const value = values[field];
    return value === null || value === '' ? [] : [[field, value.slice(0, LONGEST_VALUE).toWellFormed()]];
  });
  return { id: input.id, rule: rule.name, fields: Object.fromEntries(fields) };
}

/** Characters of one field. A text of QCC may be as long as a message of the topic. */
const LONGEST_VALUE = 1_000;
