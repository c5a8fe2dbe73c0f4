import type { CalculatedColumn, Column, Dataset } from '../assets/description.ts';

const count = (name: string, label: string) => ({ name, label, expression: 'count()', format: ',d' }) as const;
const sum = (name: string, label: string, column: string) =>
  ({ name, label, expression: `sum(${column})`, format: ',d' }) as const;
const countIf = (name: string, label: string, condition: string) =>
  ({ name, label, expression: `countIf(${condition})`, format: ',d' }) as const;

/**
 * All charts of a dashboard show a company under its current name. If companies share a name or have none, the first 8 characters of
 * the KeyNo are appended. Names are compared across all accounts, so a filter by account never changes a company's name.
 */
const COMPANY: Column = {
  name: 'company',
  type: 'String',
  comment: '企业：当前名称（个体工商户已脱敏）；有同名的企业时，名称后附 KeyNo 的前 8 位，以便区分',
};
const NAMED = `if(corp_name = '' OR min(corp_key_no) OVER namesakes != max(corp_key_no) OVER namesakes,
    concat(corp_name, '（', leftUTF8(corp_key_no, 8), '）'), corp_name) AS company`;
const NAMESAKES = 'WINDOW namesakes AS (PARTITION BY corp_name)';

/** A view of companies with the column `company`. */
const named = (view: string): NonNullable<Dataset['extended']> => ({
  sql: `SELECT *,
  ${NAMED}
FROM {db}.${view} ${NAMESAKES}`,
  columns: [COMPANY],
});
/** A view with a row for each thing that happened to a company, with the column `company`. */
const withCompany = (view: string): NonNullable<Dataset['extended']> => ({
  sql: `SELECT t.*, c.company AS company FROM {db}.${view} AS t
INNER JOIN (
  SELECT account, corp_key_no,
  ${NAMED}
  FROM {db}.company_profiles_masked ${NAMESAKES}
) AS c ON c.account = t.account AND c.corp_key_no = t.corp_key_no`,
  columns: [COMPANY],
});

const COMPANY_LABELS = {
  province: '省份',
  city: '城市',
  abnormal_since_day: '经营异常列入日期',
  violation_since_day: '严重违法列入日期',
  unpaid_debtor_cases: '未全部履行案件数',
  unpaid_amount: '未全部履行案件金额（元）',
};
const CHANGE_LABELS = { push_day: '推送日期', corp_name: '推送时的企业名称', event_date_means: '事件日期的含义' };
/** A company of unknown province counts under 未知. Otherwise Superset shows <NULL>. */
const PROVINCE_OR_UNKNOWN: CalculatedColumn = {
  name: 'province_or_unknown',
  label: '省份（含未知）',
  expression: "ifNull(province, '未知')",
};
const NEW_CHANGES = countIf('new_changes', '新增变更数', 'NOT is_repeat');

export const DATASETS: readonly Dataset[] = [
  {
    view: 'companies_masked',
    label: '企业',
    labels: COMPANY_LABELS,
    calculated: [PROVINCE_OR_UNKNOWN],
    metrics: [
      count('companies', '企业数'),
      countIf('listed_abnormal', '在列经营异常的企业数', 'on_abnormal_list'),
      countIf('listed_violation', '在列严重违法的企业数', 'on_violation_list'),
      countIf('debtors', '有未全部履行失信案件的企业数', 'unpaid_debtor_cases > 0'),
    ],
  },
  {
    name: 'named_companies',
    view: 'companies_masked',
    label: '企业（含区分同名企业的名称）',
    labels: COMPANY_LABELS,
    metrics: [count('companies', '企业数')],
    extended: named('companies_masked'),
  },
  {
    name: 'company_names',
    view: 'company_profiles_masked',
    label: '企业档案（供看板按企业筛选）',
    labels: { province: '省份', city: '城市' },
    metrics: [count('companies', '企业数')],
    extended: named('company_profiles_masked'),
  },
  {
    view: 'changes_masked',
    label: '变更（每次推送一行）',
    timeColumn: 'push_day',
    labels: CHANGE_LABELS,
    metrics: [
      NEW_CHANGES,
      countIf('new_high_risk', '新增高风险变更数', "NOT is_repeat AND category = '1'"),
      count('pushes', '推送次数'),
    ],
  },
  {
    name: 'named_changes',
    view: 'changes_masked',
    label: '变更（每次推送一行，含企业的当前名称）',
    timeColumn: 'push_day',
    labels: CHANGE_LABELS,
    metrics: [NEW_CHANGES],
    extended: withCompany('changes_masked'),
  },
  {
    view: 'list_spells_masked',
    label: '在列情况（从列入到移出）',
    timeColumn: 'since_day',
    calculated: [
      {
        name: 'reasons',
        label: '列入原因（归类）',
        expression: "arrayStringConcat(add_reason_classes, '；')",
        type: 'String',
      },
    ],
    metrics: [count('spell_count', '在列次数'), countIf('still_on', '仍在列', 'is_on')],
  },
  {
    view: 'debtor_cases_masked',
    label: '失信案件（每案一行）',
    timeColumn: 'public_date',
    metrics: [
      count('cases', '案件数'),
      {
        name: 'amount_sum',
        label: '涉案金额（元）',
        expression: 'sum(amount)',
        format: ',.2f',
        description: '每个案件只计一次',
      },
    ],
  },
  {
    view: 'debtor_case_companies_masked',
    label: '失信案件与企业',
    timeColumn: 'public_date',
    labels: { corp_name: '推送时的企业名称' },
    metrics: [{ name: 'cases', label: '案件数', expression: 'uniqExact(case_id)', format: ',d' }],
    extended: withCompany('debtor_case_companies_masked'),
  },
  {
    view: 'company_timeline_masked',
    label: '企业大事记',
    timeColumn: 'day',
    labels: { day_means: '日期含义' },
    metrics: [count('events', '事件数')],
    extended: withCompany('company_timeline_masked'),
  },
  {
    view: 'data_completeness',
    label: '每日数据是否齐全',
    timeColumn: 'day',
    labels: {
      verdict: '结论代码',
      verdict_text: '结论',
      orders: '订单数',
      orders_failed: '失败订单数',
      orders_incomplete: '尚不完整的订单数',
      windows: '已开始时段数',
      windows_checked: '已核对时段数',
      details_pending: '详情待补全记录数',
    },
    metrics: [
      count('days', '天数'),
      countIf('days_not_complete', '不齐全的天数', "verdict NOT IN ('COMPLETE', 'NOTHING_PUSHED')"),
      sum('stored_records', '已入库记录数', 'stored'),
      sum('orders_in_trouble', '失败或尚不完整的订单数', 'orders_failed + orders_incomplete'),
    ],
  },
  {
    view: 'data_quality',
    label: '数据质量（每个订单一行）',
    timeColumn: 'order_day',
    metrics: [
      sum('records', '已入库记录数', 'stored'),
      sum('without_credit_code', '没有统一社会信用代码的记录数', 'no_credit_code'),
      sum('wrong_credit_code', '统一社会信用代码有误的记录数', 'bad_credit_code'),
      sum('unknown_types', '监测类型未知的记录数', 'unknown_type'),
      sum('direction_unclear', '方向不明的记录数', 'unclear_direction'),
      sum('without_event_date', '缺少事件日期的记录数', 'no_event_date'),
      sum('enriched', '详情已补全', 'details_enriched'),
      sum('no_result', '查无详情', 'details_no_result'),
      sum('no_check_id', '无校验 ID', 'details_no_check_id'),
      sum('waiting', '详情待补全', 'details_pending'),
      sum('failed', '详情无法补全', 'details_failed'),
    ],
  },
  {
    view: 'orders',
    label: '订单台账',
    timeColumn: 'received_day',
    labels: {
      received_day: '收到日期',
      order_no: '订单号',
      source: '来源',
      declared: '声明',
      parsed: '已解析',
      rejected: '被拒',
      stored: '已入库',
      pending_details: '详情待补全',
      reason: '原因',
    },
    metrics: [
      count('order_count', '订单数'),

      {
        name: 'missing_records',
        label: '未入库的记录数',
        expression: 'sum(arraySum(gap -> gap.2 - gap.1 + 1, missing_ranges))',
        format: ',d',
        description: '既未入库也未人工放弃的记录，按订单逐条计算；失败的订单不计入',
      },
    ],
  },
];
