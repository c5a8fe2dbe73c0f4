/** A panel that shows one query of the catalogue. */
export type PanelSpec = {
  /** Name of the query. */
  query: string;
  /** Default: the query's own. */
  title?: string;
  /** `total` adds up the named columns, `states` shows a text for each day, `days` draws numbers over days. */
  shows:
    | { as: 'table' }
    | { as: 'total'; columns: readonly string[] }
    | { as: 'days'; columns: readonly string[] }
    | { as: 'states' };
  /** Of 24. */
  width: number;
  height: number;
};

export type DashboardSpec = {
  /** Of the file, and of the dashboard's address. */
  name: string;
  title: string;
  description: string;
  panels: readonly PanelSpec[];
};

export const DASHBOARDS: readonly DashboardSpec[] = [
  {
    name: 'qcc-risk-overview',
    title: '企查查 · 风险总览',
    description: '企业的风险状态、名单的列入与移出、失信案件和每天的新增变更',
    panels: [
      {
        query: 'provinces',
        title: '有推送的企业，以及其中目前有风险的（家；一家可计入多项，不含假冒国企）',
        shows: { as: 'total', columns: ['有推送的企业数', '经营异常', '严重违法', '失信未全部履行', '吊销或注销'] },
        width: 24,
        height: 5,
      },
      {
        query: 'category-by-day',
        title: '每天各级别新增了多少变更（再次推送的不计）',
        shows: { as: 'days', columns: ['新增'] },
        width: 16,
        height: 9,
      },
      { query: 'new-since', title: '新增了什么', shows: { as: 'table' }, width: 8, height: 9 },
      { query: 'abnormal-now', shows: { as: 'table' }, width: 12, height: 10 },
      { query: 'left-the-lists', shows: { as: 'table' }, width: 12, height: 10 },
      { query: 'debtors-by-court', shows: { as: 'table' }, width: 12, height: 10 },
      { query: 'debtors-by-company', shows: { as: 'table' }, width: 12, height: 10 },
      { query: 'provinces', shows: { as: 'table' }, width: 12, height: 10 },
      { query: 'renamed', shows: { as: 'table' }, width: 12, height: 10 },
    ],
  },
  {
    name: 'qcc-data-quality',
    title: '企查查 · 数据质量与对账',
    description: '每天的数据是否齐全、有没有失败或尚不完整的订单、详情缺多少',
    panels: [
      {
        query: 'completeness',
        title: '所选天数内合计',
        shows: { as: 'total', columns: ['订单', '失败', '尚不完整', '声明条数', '已入库', '详情待补全', '详情失败'] },
        width: 24,
        height: 5,
      },
      { query: 'completeness', title: '每天的结论', shows: { as: 'states' }, width: 24, height: 6 },
      {
        query: 'completeness',
        title: '声明与已入库的记录',
        shows: { as: 'days', columns: ['声明条数', '已入库'] },
        width: 12,
        height: 9,
      },
      {
        query: 'completeness',
        title: '时段与已核对的时段',
        shows: { as: 'days', columns: ['时段', '已核对时段'] },
        width: 12,
        height: 9,
      },
      { query: 'completeness', shows: { as: 'table' }, width: 24, height: 10 },
      { query: 'debtor-details-missing', shows: { as: 'table' }, width: 12, height: 8 },
    ],
  },
];
