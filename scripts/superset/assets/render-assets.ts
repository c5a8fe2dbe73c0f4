import { columnKind } from './column-kind.ts';
import {
  type Chart,
  type Dashboard,
  type DashboardFilter,
  type Dataset,
  type Description,
  type Filter,
  nameOf,
  type View,
} from './description.ts';
import { labelOf } from './label-of.ts';
import { queryContext, TIME_GRAINS } from './query-context.ts';
import { uuidOf } from './uuid-of.ts';

const VERSION = '1.0.0';
export const DATABASE_NAME = 'QCC';
const NO_TIME = 'No filter';

/** A placeholder until an import sets the address. */
export const PLACEHOLDER_URI = 'clickhousedb://analyst@127.0.0.1:8123/qcc';

/** A file's path below `assets/`, and what it holds. */
export type Assets = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Input = {
  description: Description;
  /** By name. */
  views: Readonly<Record<string, View>>;
};

/**
 * The files of Superset's assets, as `POST /api/v1/assets/import/` takes them.
 * @throws Error that names the chart, and what it asks for that the description or ClickHouse does not have.
 */
export function renderAssets({ description, views }: Input): Assets {
  const { datasets, charts, dashboards } = description;
  const files: Record<string, Record<string, unknown>> = {
    'metadata.yaml': { version: VERSION, type: 'assets', timestamp: '2026-01-01T00:00:00+00:00' },
    [`databases/${DATABASE_NAME}.yaml`]: database(),
  };
  for (const dataset of datasets) {
    const view = viewOf(dataset, views);
    const own = [...dataset.metrics, ...(dataset.calculated ?? [])].map(({ name }) => name);
    const double = own.filter((name) => view.columns.some((column) => column.name === name));
    // Superset would show the one under the label of the other.
    if (double.length > 0)
      throw new Error(`${nameOf(dataset)} has a column and a metric of the name ${double.join(', ')}`);
    files[`datasets/${DATABASE_NAME}/${nameOf(dataset)}.yaml`] = renderDataset(dataset, view);
  }
  for (const chart of charts) {
    const dataset = datasets.find((each) => nameOf(each) === chart.dataset);
    if (!dataset) throw new Error(`the chart ${chart.key} reads ${chart.dataset}, which is not a dataset`);
    const missing = namesOf(chart).filter((name) => !hasName({ dataset, view: viewOf(dataset, views) }, name));
    if (missing.length > 0) throw new Error(`the chart ${chart.key}: ${chart.dataset} has no ${missing.join(', ')}`);
    const computed = (dataset.calculated ?? []).map(({ name }) => name);
    // Superset 6.1.0 sends their names to ClickHouse here, not their expressions.
    if (chart.kind === 'rows' && chart.columns.some((name) => computed.includes(name)))
      throw new Error(`the chart ${chart.key} shows rows with a calculated column, which Superset cannot`);
    files[`charts/${chart.key}.yaml`] = renderChart(chart, dataset, viewOf(dataset, views));
  }
  for (const dashboard of dashboards) files[`dashboards/${dashboard.slug}.yaml`] = renderDashboard(dashboard, charts);
  return files;
}

/** The view, with the columns that the dataset adds. */
function viewOf({ view: name, extended }: Dataset, views: Input['views']): View {
  const view = views[name];
  if (!view) throw new Error(`ClickHouse has no view ${name}`);
  return { comment: view.comment, columns: [...view.columns, ...(extended?.columns ?? [])] };
}

/** The views that a description reads. */
export const viewsOf = ({ datasets }: Description): string[] => [...new Set(datasets.map(({ view }) => view))];

export const chartUuid = (key: string): string => uuidOf(`chart ${key}`);
const datasetUuid = (name: string): string => uuidOf(`dataset ${name}`);

const database = () => ({
  database_name: DATABASE_NAME,
  sqlalchemy_uri: PLACEHOLDER_URI,
  cache_timeout: null,
  expose_in_sqllab: true,
  allow_run_async: false,
  allow_ctas: false,
  allow_cvas: false,
  allow_dml: false,
  extra: { allows_virtual_table_explore: true },
  uuid: uuidOf('database'),
  version: VERSION,
});

function renderDataset(dataset: Dataset, { comment, columns }: View) {
  const { label, timeColumn, metrics, extended, labels = {}, calculated = [] } = dataset;
  const name = nameOf(dataset);
  const used = columns.filter(({ type }) => columnKind(type) !== 'left out');
  return {
    table_name: name,
    main_dttm_col: timeColumn ?? null,
    description: `${label}。${comment}`,
    default_endpoint: null,
    offset: 0,
    cache_timeout: null,
    schema: 'qcc',
    // The import puts the database in.
    sql: extended?.sql ?? null,
    params: null,
    template_params: null,
    filter_select_enabled: true,
    fetch_values_predicate: null,
    extra: null,
    uuid: datasetUuid(name),
    metrics: metrics.map((metric) => ({
      metric_name: metric.name,
      verbose_name: metric.label,
      metric_type: null,
      expression: metric.expression,
      description: metric.description ?? null,
      d3format: metric.format,
      extra: {},
      warning_text: null,
    })),
    columns: [
      ...used.map((column) => ({
        column_name: column.name,
        verbose_name: labels[column.name] ?? labelOf(column),
        is_dttm: columnKind(column.type) === 'time',
        ...ANY_COLUMN,
        type: column.type,
        expression: null,
        description: column.comment,
      })),
      ...calculated.map((column) => ({
        column_name: column.name,
        verbose_name: column.label,
        is_dttm: column.type === 'Date',
        ...ANY_COLUMN,
        type: column.type ?? 'String',
        expression: column.expression,
        description: null,
      })),
    ],
    version: VERSION,
    database_uuid: uuidOf('database'),
  };
}

const ANY_COLUMN = { is_active: true, groupby: true, filterable: true, python_date_format: null, extra: {} };

function renderChart(chart: Chart, dataset: Dataset, view: View) {
  return {
    slice_name: chart.title,
    description: chart.description ?? null,
    certified_by: null,
    certification_details: null,
    viz_type: VIZ_TYPES[chart.kind],
    params: {
      viz_type: VIZ_TYPES[chart.kind],
      ...paramsOf(chart, dataset, view),
      adhoc_filters: filtersOf(chart, dataset),
    },
    query_context: queryContext(chart, dataset),
    cache_timeout: null,
    uuid: chartUuid(chart.key),
    version: VERSION,
    dataset_uuid: datasetUuid(chart.dataset),
  };
}

const VIZ_TYPES = {
  number: 'big_number_total',
  time: 'echarts_timeseries_bar',
  ranking: 'echarts_timeseries_bar',
  table: 'table',
  rows: 'table',
} as const;

const TIME_FORMATS = { day: '%m-%d', month: '%Y-%m' } as const;
const COLOURS = { color_scheme: 'supersetColors' };

function paramsOf(chart: Chart, dataset: Dataset, view: View): Record<string, unknown> {
  const formatOf = (metric: string) => dataset.metrics.find(({ name }) => name === metric)?.format ?? ',d';
  switch (chart.kind) {
    case 'number':
      return {
        metric: chart.metric,
        subtitle: chart.subtitle ?? '',
        header_font_size: 0.4,
        subheader_font_size: 0.125,
        subtitle_font_size: 0.15,
        y_axis_format: formatOf(chart.metric),
      };
    case 'time': {
      const format = TIME_FORMATS[chart.per];
      return {
        ...COLOURS,
        x_axis: chart.over,
        time_grain_sqla: TIME_GRAINS[chart.per],
        metrics: [...chart.metrics],
        groupby: chart.series ? [chart.series] : [],
        row_limit: 10_000,
        order_desc: true,
        truncate_metric: true,
        ...(chart.stack && { stack: 'Stack' }),
        show_legend: chart.series !== undefined || chart.metrics.length > 1,
        legendOrientation: 'top',
        legendType: 'scroll',
        rich_tooltip: true,
        x_axis_time_format: format,
        tooltipTimeFormat: format,
        y_axis_format: formatOf(chart.metrics[0]!),
        truncateYAxis: false,
      };
    }
    case 'ranking':
      return {
        ...COLOURS,
        x_axis: chart.by,
        xAxisForceCategorical: true,
        orientation: 'horizontal',
        metrics: [chart.metric],
        groupby: [],
        row_limit: chart.limit,
        order_desc: true,
        timeseries_limit_metric: chart.metric,
        x_axis_sort: chart.metric,
        x_axis_sort_asc: true,
        truncate_metric: true,
        show_legend: false,
        show_value: true,
        rich_tooltip: true,
        y_axis_format: formatOf(chart.metric),
        truncateYAxis: false,
      };
    case 'table':
      return {
        query_mode: 'aggregate',
        groupby: [...chart.by],
        metrics: [...chart.metrics],
        timeseries_limit_metric: chart.orderBy.metric,
        order_desc: chart.orderBy.descending,
        ...tableParams(chart.limit),
      };
    case 'rows':
      return {
        query_mode: 'raw',
        all_columns: [...chart.columns],
        // As Python writes it: the editor drops an order that it does not find, letter for letter, among its choices.
        order_by_cols: chart.orderBy.map(({ column, descending }) => `["${column}", ${!descending}]`),
        column_config: Object.fromEntries(
          view.columns
            .filter(({ name, type }) => chart.columns.includes(name) && type.includes('Decimal('))
            .map(({ name }) => [name, { d3NumberFormat: ',.2f' }]),
        ),
        ...tableParams(chart.limit),
      };
    default:
      return chart satisfies never;
  }
}

const tableParams = (limit: number) => ({
  // With pages from the server it shows decimals without separators, and English labels.
  server_pagination: false,
  page_length: 0,
  row_limit: limit,
  table_timestamp_format: '%Y-%m-%d',
  show_cell_bars: false,
  color_pn: false,
  include_search: false,
  allow_rearrange_columns: false,
});

function filtersOf({ filters = [] }: Chart, { timeColumn }: Dataset): unknown[] {
  const asSuperset = ({ column, operator, value }: Filter) => ({
    expressionType: 'SIMPLE',
    clause: 'WHERE',
    subject: column,
    operator,
    ...(value !== undefined && { comparator: value }),
  });
  return [
    // A dashboard's time filter replaces this one.
    ...(timeColumn
      ? [
          {
            expressionType: 'SIMPLE',
            clause: 'WHERE',
            subject: timeColumn,
            operator: 'TEMPORAL_RANGE',
            comparator: NO_TIME,
          },
        ]
      : []),
    ...filters.map(asSuperset),
  ];
}

/** The columns and metrics that a chart names. */
function namesOf(chart: Chart): string[] {
  const filtered = (chart.filters ?? []).map(({ column }) => column);
  switch (chart.kind) {
    case 'number':
      return [chart.metric, ...filtered];
    case 'ranking':
      return [chart.metric, chart.by, ...filtered];
    case 'time':
      return [...chart.metrics, chart.over, ...(chart.series ? [chart.series] : []), ...filtered];
    case 'table':
      return [...chart.by, ...chart.metrics, chart.orderBy.metric, ...filtered];
    case 'rows':
      return [...chart.columns, ...chart.orderBy.map(({ column }) => column), ...filtered];
    default:
      return chart satisfies never;
  }
}

function hasName({ dataset, view }: { dataset: Dataset; view: View }, name: string): boolean {
  if ([...dataset.metrics, ...(dataset.calculated ?? [])].some((own) => own.name === name)) return true;
  return view.columns.some((column) => column.name === name && columnKind(column.type) !== 'left out');
}

/** In units of Superset's grid, eight pixels each. */
const INTRODUCTION_HEIGHT = 10;

function renderDashboard(dashboard: Dashboard, charts: readonly Chart[]) {
  const rows = dashboard.rows.map(({ height, charts: inRow }, index) => ({
    id: `ROW-${index + 1}`,
    cells: inRow.map(({ key, width }) => {
      const index = charts.findIndex((chart) => chart.key === key);
      const chart = charts[index];
      if (!chart) throw new Error(`the dashboard ${dashboard.slug} shows the chart ${key}, which does not exist`);
      return {
        type: 'CHART',
        id: `CHART-${key}`,
        // The import looks the chart up by its uuid, and fails without this number.
        meta: { chartId: index + 1, uuid: chartUuid(key), width, height, sliceName: chart.title },
      };
    }),
  }));
  const introduction = {
    id: 'ROW-0',
    cells: [
      {
        type: 'MARKDOWN',
        id: 'MARKDOWN-introduction',
        meta: { code: dashboard.introduction, width: 12, height: INTRODUCTION_HEIGHT },
      },
    ],
  };
  const grid = ['ROOT_ID', 'GRID_ID'];
  const position: Record<string, unknown> = {
    DASHBOARD_VERSION_KEY: 'v2',
    ROOT_ID: { type: 'ROOT', id: 'ROOT_ID', children: ['GRID_ID'] },
    GRID_ID: {
      type: 'GRID',
      id: 'GRID_ID',
      parents: ['ROOT_ID'],
      children: [introduction, ...rows].map(({ id }) => id),
    },
    HEADER_ID: { type: 'HEADER', id: 'HEADER_ID', meta: { text: dashboard.title } },
  };
  for (const { id, cells } of [introduction, ...rows]) {
    position[id] = {
      type: 'ROW',
      id,
      parents: grid,
      children: cells.map((cell) => cell.id),
      meta: { background: 'BACKGROUND_TRANSPARENT' },
    };
    for (const cell of cells) position[cell.id] = { ...cell, parents: [...grid, id], children: [] };
  }
  return {
    dashboard_title: dashboard.title,
    description: null,
    css: '',
    slug: dashboard.slug,
    certified_by: null,
    certification_details: null,
    published: true,
    uuid: uuidOf(`dashboard ${dashboard.slug}`),
    position,
    metadata: {
      color_scheme: 'supersetColors',
      refresh_frequency: 0,
      expanded_slices: {},
      timed_refresh_immune_slices: [],
      label_colors: {},
      cross_filters_enabled: true,
      filter_bar_orientation: 'HORIZONTAL',
      default_filters: '{}',
      native_filter_configuration: dashboard.filters.map((filter, index) =>
        renderFilter(filter, `NATIVE_FILTER-${dashboard.slug}-${index + 1}`),
      ),
    },
    version: VERSION,
  };
}

function renderFilter(filter: DashboardFilter, id: string) {
  const any = {
    id,
    name: filter.label,
    description: filter.description ?? '',
    type: 'NATIVE_FILTER',
    scope: { rootPath: ['ROOT_ID'], excluded: [] },
    cascadeParentIds: [],
    defaultDataMask: { filterState: {}, extraFormData: {} },
  };
  if (filter.kind === 'time') {
    return { ...any, filterType: 'filter_time', targets: [{}], controlValues: { enableEmptyFilter: false } };
  }
  return {
    ...any,
    filterType: 'filter_select',
    targets: [{ datasetUuid: datasetUuid(filter.dataset), column: { name: filter.column } }],
    controlValues: {
      multiSelect: true,
      enableEmptyFilter: false,
      defaultToFirstItem: false,
      inverseSelection: false,
      searchAllOptions: true,
    },
  };
}
