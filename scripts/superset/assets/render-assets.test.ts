import { describe, expect, test } from 'vitest';
import type { Chart, Description } from './description.ts';
import { renderAssets } from './render-assets.ts';

const VIEWS = {
  orders: {
    comment: '订单台账',
    columns: [
      { name: 'push_day', type: 'Date', comment: '推送日期（北京时间）' },
      { name: 'push_date', type: "DateTime64(3, 'Asia/Shanghai')", comment: '推送时间（北京时间）' },
      { name: 'status', type: 'String', comment: '状态：COMPLETE 完整' },
    ],
  },
};
const chart = (overrides: Partial<Chart> = {}): Chart =>
  ({
    key: 'count',
    title: '订单',
    kind: 'number',
    dataset: 'orders',
    metric: 'n',
    expected: 'SELECT 1',
    ...overrides,
  }) as Chart;
const describeCharts = (charts: readonly Chart[]): Description => ({
  datasets: [
    {
      view: 'orders',
      label: '订单',
      timeColumn: 'push_day',
      metrics: [{ name: 'n', label: '订单数', expression: 'count()', format: ',d' }],
    },
  ],
  charts,
  dashboards: [
    {
      slug: 'board',
      title: '看板',
      introduction: '说明',
      filters: [{ kind: 'choice', label: '状态', dataset: 'orders', column: 'status' }],
      rows: [{ height: 20, charts: charts.map(({ key }) => ({ key, width: 6 })) }],
    },
  ],
});
const render = (...charts: Chart[]) => renderAssets({ description: describeCharts(charts), views: VIEWS });

describe('the assets', () => {
  test('are one file for each object, and the database comes without a password', () => {
    const assets = render(chart());
    expect(Object.keys(assets)).toEqual([
      'metadata.yaml',
      'databases/QCC.yaml',
      'datasets/QCC/orders.yaml',
      'charts/count.yaml',
      'dashboards/board.yaml',
    ]);
    expect(assets['databases/QCC.yaml']).toMatchObject({
      sqlalchemy_uri: expect.stringMatching(/\/\/analyst@/),
      allow_dml: false,
    });
  });

  test('label columns by their comments, and leave those out that Superset reads wrongly', () => {
    const { columns } = render(chart())['datasets/QCC/orders.yaml'] as { columns: object[] };
    expect(columns).toMatchObject([
      { column_name: 'push_day', verbose_name: '推送日期', description: '推送日期（北京时间）', is_dttm: true },
      { column_name: 'status', verbose_name: '状态', is_dttm: false },
    ]);
  });

  test('link charts with their dataset, and dashboards with their charts', () => {
    const assets = render(chart());
    const dataset = assets['datasets/QCC/orders.yaml']?.uuid;
    expect(assets['charts/count.yaml']).toMatchObject({ dataset_uuid: dataset });
    expect(assets['dashboards/board.yaml']).toMatchObject({
      position: {
        'CHART-count': { meta: { uuid: assets['charts/count.yaml']?.uuid, chartId: expect.any(Number), width: 6 } },
      },
      metadata: { native_filter_configuration: [{ targets: [{ datasetUuid: dataset, column: { name: 'status' } }] }] },
    });
  });

  test('have a filter of times in each chart, whose place a dashboard takes', () => {
    const filter = { subject: 'push_day', operator: 'TEMPORAL_RANGE', comparator: 'No filter' };
    expect(render(chart())['charts/count.yaml']).toMatchObject({ params: { adhoc_filters: [filter] } });
  });

  test('save the query of a chart for reports and the API', () => {
    const filters = [{ column: 'status', operator: '!=', value: 'COMPLETE' }] as const;
    const saved = render(chart({ filters }))['charts/count.yaml']?.query_context;
    const { queries } = JSON.parse(String(saved));
    expect(queries).toMatchObject([
      { metrics: ['n'], filters: [{ col: 'push_day' }, { col: 'status', op: '!=', val: 'COMPLETE' }] },
    ]);
  });

  test('write the order of rows as the editor of charts does', () => {
    const orderBy = [{ column: 'push_day', descending: true }];
    const rows = chart({ kind: 'rows', columns: ['status'], orderBy, limit: 10 } as Partial<Chart>);
    expect(render(rows)['charts/count.yaml']).toMatchObject({ params: { order_by_cols: ['["push_day", false]'] } });
  });
});

describe('a description', () => {
  test.each([
    [
      'a metric that the dataset lacks',
      chart({ metric: 'other' } as Partial<Chart>),
      'the chart count: orders has no other',
    ],
    [
      'a column that is left out',
      chart({ filters: [{ column: 'push_date', operator: 'IS NULL' }] }),
      'the chart count: orders has no push_date',
    ],
    ['another view', chart({ dataset: 'records' }), 'the chart count reads records, which is not a dataset'],
  ])('is refused for %s', (_what, wrong, message) => {
    expect(() => render(wrong)).toThrow(message);
  });

  test('is refused for a view that ClickHouse lacks', () => {
    expect(() => renderAssets({ description: describeCharts([]), views: {} })).toThrow('ClickHouse has no view orders');
  });

  test('is refused for a metric with the name of a column', () => {
    const { datasets, ...rest } = describeCharts([]);
    const [dataset] = datasets;
    const metrics = [{ ...dataset!.metrics[0]!, name: 'status' }];
    const description = { ...rest, datasets: [{ ...dataset!, metrics }] };
    expect(() => renderAssets({ description, views: VIEWS })).toThrow('a column and a metric of the name status');
  });
});
