import type { Chart, Dataset, Filter } from './description.ts';

/**
 * The query of a chart as Superset's API takes it. Superset saves one with each chart when a person saves it; without it reports, and
 * `GET /api/v1/chart/ID/data/`, do not work.
 */
export function queryContext(chart: Chart, { timeColumn }: Dataset): string {
  const asSuperset = ({ column, operator, value }: Filter) => ({
    col: column,
    op: operator,
    ...(value !== undefined && { val: value }),
  });
  return JSON.stringify({
    // The import puts the dataset's number here.
    datasource: { id: 0, type: 'table' },
    force: false,
    queries: [
      {
        filters: [
          ...(timeColumn ? [{ col: timeColumn, op: 'TEMPORAL_RANGE', val: 'No filter' }] : []),
          ...(chart.filters ?? []).map(asSuperset),
        ],
        extras: { having: '', where: '' },
        ...shapeOf(chart),
      },
    ],
    form_data: {},
    result_format: 'json',
    result_type: 'full',
  });
}

export const TIME_GRAINS = { day: 'P1D', month: 'P1M' } as const;

function shapeOf(chart: Chart) {
  switch (chart.kind) {
    case 'number':
      return { columns: [], metrics: [chart.metric] };
    case 'ranking':
      return { columns: [chart.by], metrics: [chart.metric], orderby: [[chart.metric, false]], row_limit: chart.limit };
    case 'time': {
      const time = {
        columnType: 'BASE_AXIS',
        expressionType: 'SQL',
        label: chart.over,
        sqlExpression: chart.over,
        timeGrain: TIME_GRAINS[chart.per],
      };
      return {
        columns: [time, ...(chart.series ? [chart.series] : [])],
        metrics: [...chart.metrics],
        row_limit: 10_000,
      };
    }
    case 'table':
      return {
        columns: [...chart.by],
        metrics: [...chart.metrics],
        orderby: [[chart.orderBy.metric, !chart.orderBy.descending]],
        row_limit: chart.limit,
      };
    case 'rows':
      // An empty list of metrics would group the rows.
      return {
        columns: [...chart.columns],
        orderby: chart.orderBy.map(({ column, descending }) => [column, !descending]),
        row_limit: chart.limit,
      };
    default:
      return chart satisfies never;
  }
}
