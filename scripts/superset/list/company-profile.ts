import type { Chart, Dashboard } from '../assets/description.ts';

/** The companies under the names that the charts show. */
const NAMED = `(
    SELECT account, corp_key_no, if(keys > 1 OR corp_name = '', concat(corp_name, '（', leftUTF8(corp_key_no, 8), '）'), corp_name) AS company
    FROM {db}.companies_masked
    LEFT JOIN (SELECT corp_name, uniqExact(corp_key_no) AS keys FROM {db}.companies_masked GROUP BY corp_name) AS same USING (corp_name)
  )`;

export const COMPANY_CHARTS: readonly Chart[] = [
  {
    key: 'company-list',
    title: '企业（未全部履行案件金额最高的在前）',
    description: '点击企业名称，其他图表只显示该企业',
    kind: 'rows',
    dataset: 'named_companies',
    columns: [
      'company',
      'risk_state',
      'province',
      'city',
      'abnormal_since_day',
      'violation_since_day',
      'unpaid_debtor_cases',
      'unpaid_amount',
      'last_seen_day',
    ],
    orderBy: [
      { column: 'unpaid_amount', descending: true },
      { column: 'corp_key_no', descending: false },
    ],
    limit: 200,
    expected: `SELECT company, risk_state, province, city, abnormal_since_day, violation_since_day, unpaid_debtor_cases, unpaid_amount,
      last_seen_day FROM {db}.companies_masked AS t LEFT JOIN ${NAMED} AS c USING (account, corp_key_no) ORDER BY unpaid_amount DESC, corp_key_no LIMIT 200`,
  },
  {
    key: 'company-timeline',
    title: '企业大事记',
    description:
      '每件事一行；失信变更首次推送时没有详情、再次推送时才有的，变更与案件各占一行；在列期间又被列入、或只移出部分条目的，不另列',
    kind: 'rows',
    dataset: 'company_timeline_masked',
    columns: ['day', 'day_means', 'company', 'event', 'content', 'pushed_day'],
    orderBy: [
      { column: 'day', descending: true },
      { column: 'corp_key_no', descending: false },
      { column: 'event', descending: false },
      { column: 'reference', descending: false },
    ],
    limit: 200,
    expected: `SELECT day, day_means, company, event, content, pushed_day FROM {db}.company_timeline_masked AS t
      LEFT JOIN ${NAMED} AS c USING (account, corp_key_no)
      ORDER BY day DESC, corp_key_no, event, reference LIMIT 200`,
  },
  {
    key: 'company-events-per-month',
    title: '每月新增变更（按类型）',
    description: '按推送日期（北京时间）统计，再次推送的不计',
    kind: 'time',
    dataset: 'named_changes',
    metrics: ['new_changes'],
    over: 'push_day',
    per: 'month',
    series: 'type_name',
    stack: true,
    filters: [{ column: 'is_repeat', operator: '==', value: false }],
    expected: `SELECT toStartOfMonth(push_day), type_name, count() FROM {db}.changes_masked WHERE NOT is_repeat GROUP BY ALL`,
  },
  {
    key: 'company-debtor-cases',
    title: '失信被执行人案件',
    kind: 'rows',
    dataset: 'debtor_case_companies_masked',
    columns: ['public_date', 'company', 'execute_gov', 'execute_status', 'amount', 'lian_date'],
    orderBy: [
      { column: 'public_date', descending: true },
      { column: 'case_id', descending: false },
      { column: 'corp_key_no', descending: false },
    ],
    limit: 200,
    expected: `SELECT public_date, company, execute_gov, execute_status, amount, lian_date
      FROM {db}.debtor_case_companies_masked AS t LEFT JOIN ${NAMED} AS c USING (account, corp_key_no) ORDER BY public_date DESC, case_id, corp_key_no LIMIT 200`,
  },
];

export const COMPANY_PROFILE: Dashboard = {
  slug: 'qcc-company',
  title: '企业画像',
  introduction: `一家企业的现状、大事记与案件。请在上方选择**企业**，或在企业列表中点击一个名称，其他图表随之筛选。图表一律显示企业的当前名称，更名前的变更与案件也包括在内；有同名企业的，名称后附 KeyNo 的前 8 位。个体工商户的名称已脱敏。日期均为北京时间。“未见在列信息”只表示按已收到的数据，目前没有吊销或注销、在列的名单与未全部履行的案件，不等于没有风险。`,
  filters: [
    { kind: 'choice', label: '企业', dataset: 'company_names', column: 'company' },
    { kind: 'choice', label: '账号', dataset: 'company_names', column: 'account' },
    { kind: 'time', label: '日期' },
  ],
  rows: [
    { height: 56, charts: [{ key: 'company-list', width: 12 }] },
    { height: 66, charts: [{ key: 'company-timeline', width: 12 }] },
    {
      height: 56,
      charts: [
        { key: 'company-events-per-month', width: 6 },
        { key: 'company-debtor-cases', width: 6 },
      ],
    },
  ],
};
