import type { Chart, Dashboard } from '../assets/description.ts';

export const QUALITY_CHARTS: readonly Chart[] = [
  {
    key: 'days-not-complete',
    title: '不齐全的天数',
    kind: 'number',
    dataset: 'data_completeness',
    metric: 'days_not_complete',
    subtitle: '天；今天通常也计入，直到当天对账完成',
    expected: "SELECT countIf(verdict NOT IN ('COMPLETE', 'NOTHING_PUSHED')) FROM {db}.data_completeness",
  },
  {
    key: 'orders-not-complete',
    title: '失败或尚不完整的订单',
    description: '含企查查已列出而尚未收到的订单',
    kind: 'number',
    dataset: 'data_completeness',
    metric: 'orders_in_trouble',
    subtitle: '个；不含已结案的和只差详情的',
    expected: `SELECT countIf(status IN ('FAILED', 'INCOMPLETE', 'RECEIVED', 'EXTRACTING', 'STORING') AND (account, order_no) NOT IN (
      SELECT account, order_no FROM {db}.order_closures_in_force)) + (
        SELECT uniqExact(account, order_no) FROM (SELECT account, arrayJoin(order_nos) AS order_no FROM {db}.coverage)
        WHERE (account, order_no) NOT IN (SELECT account, order_no FROM {db}.orders)
      ) FROM {db}.orders`,
  },
  {
    key: 'missing-records',
    title: '未入库的记录',
    description:
      '压缩包中应有（按声明总数或实际读到的位置）、但既未入库也未经人工放弃的记录；逐个订单计算，不以别的订单多出的记录抵消。失败的订单声明数未知，不计入',
    kind: 'number',
    dataset: 'orders',
    metric: 'missing_records',
    subtitle: '条；含处理中的和已结案的订单',
    expected:
      'SELECT countIf(range.1 <= range.2) + sum(range.2 - range.1) FROM {db}.orders ARRAY JOIN missing_ranges AS range',
  },
  {
    key: 'details-waiting',
    title: '详情待补全的记录',
    kind: 'number',
    dataset: 'data_quality',
    metric: 'waiting',
    subtitle: '条',
    expected: 'SELECT sum(details_pending) FROM {db}.data_quality',
  },
  {
    key: 'verdicts-per-month',
    title: '每月各结论的天数',
    kind: 'time',
    dataset: 'data_completeness',
    metrics: ['days'],
    over: 'day',
    per: 'month',
    series: 'verdict_text',
    stack: true,
    expected: 'SELECT toStartOfMonth(day), verdict_text, count() FROM {db}.data_completeness GROUP BY ALL',
  },
  {
    key: 'stored-per-day',
    title: '每日推送并已入库的记录',
    kind: 'time',
    dataset: 'data_completeness',
    metrics: ['stored_records'],
    over: 'day',
    per: 'day',
    expected: 'SELECT day, sum(stored) FROM {db}.data_completeness GROUP BY ALL',
  },
  {
    key: 'field-problems-per-month',
    title: '每月字段缺失或有误的记录',
    description: '只计已入库的记录。一条记录有几个问题，就在各问题中各计一次，因此不能相加',
    kind: 'time',
    dataset: 'data_quality',
    metrics: ['without_credit_code', 'wrong_credit_code', 'unknown_types', 'direction_unclear', 'without_event_date'],
    over: 'order_day',
    per: 'month',
    expected: `SELECT toStartOfMonth(order_day), problem.1, sum(problem.2) FROM {db}.data_quality
      ARRAY JOIN [
        ('without_credit_code', no_credit_code), ('wrong_credit_code', bad_credit_code), ('unknown_types', unknown_type),
        ('direction_unclear', unclear_direction), ('without_event_date', no_event_date)
      ] AS problem GROUP BY ALL`,
  },
  {
    key: 'days-with-trouble',
    title: '不齐全的日期',
    kind: 'rows',
    dataset: 'data_completeness',
    columns: [
      'day',
      'verdict_text',
      'orders',
      'orders_failed',
      'orders_incomplete',
      'windows',
      'windows_checked',
      'details_pending',
    ],
    filters: [{ column: 'verdict', operator: 'NOT IN', value: ['COMPLETE', 'NOTHING_PUSHED'] }],
    orderBy: [
      { column: 'day', descending: true },
      { column: 'account', descending: false },
    ],
    limit: 200,
    expected: `SELECT day, verdict_text, orders, orders_failed, orders_incomplete, windows, windows_checked, details_pending
      FROM {db}.data_completeness WHERE verdict NOT IN ('COMPLETE', 'NOTHING_PUSHED') ORDER BY day DESC, account LIMIT 200`,
  },
  {
    key: 'ledger',
    title: '订单台账',
    kind: 'rows',
    dataset: 'orders',
    columns: [
      'received_day',
      'push_day',
      'order_no',
      'source',
      'declared',
      'parsed',
      'rejected',
      'stored',
      'pending_details',
      'status',
      'reason',
    ],
    orderBy: [
      { column: 'received_day', descending: true },
      { column: 'order_no', descending: true },
    ],
    limit: 200,
    expected: `SELECT received_day, push_day, order_no, source, declared, parsed, rejected, stored, pending_details, status, reason
      FROM {db}.orders ORDER BY received_day DESC, order_no DESC LIMIT 200`,
  },
];

export const DATA_QUALITY: Dashboard = {
  slug: 'qcc-quality',
  title: '数据质量与对账',
  introduction: `数据齐不齐、能不能用。请先选择**账号**：不选时各账号（含模拟数据 simulator）相加，天数按账号分别计。是否齐全只看**结论**：“齐全”表示当天各时段都已与企查查核对，订单都已完整或已由人工结案，能查询的详情也都已有结论；其他结论写明缺什么。没有详情不等于没有异常。`,
  filters: [
    { kind: 'choice', label: '账号', dataset: 'orders', column: 'account' },
    { kind: 'time', label: '日期' },
  ],
  rows: [
    {
      height: 20,
      charts: [
        { key: 'days-not-complete', width: 3 },
        { key: 'orders-not-complete', width: 3 },
        { key: 'missing-records', width: 3 },
        { key: 'details-waiting', width: 3 },
      ],
    },
    {
      height: 46,
      charts: [
        { key: 'verdicts-per-month', width: 6 },
        { key: 'stored-per-day', width: 6 },
      ],
    },
    { height: 40, charts: [{ key: 'field-problems-per-month', width: 12 }] },
    { height: 34, charts: [{ key: 'days-with-trouble', width: 12 }] },
    { height: 60, charts: [{ key: 'ledger', width: 12 }] },
  ],
};
