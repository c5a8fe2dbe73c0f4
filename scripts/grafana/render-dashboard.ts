import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  GraphDrawStyle,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  CustomVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  type Panel,
  TextBoxVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StatesBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { AnalystQuery } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';
import type { DashboardSpec, PanelSpec } from './panels.ts';

/** The plugin of ClickHouse for Grafana. */
const PLUGIN = 'grafana-clickhouse-datasource';
const PLUGIN_VERSION = '4.0.0';
const SOURCE = { type: PLUGIN, uid: `\${datasource}` };
/** Rows of a table: a browser shows no more in reasonable time. */
const MOST_ROWS = 1_000;
/** A day that no viewer gives, in whose place the variable goes. */
const DAYS_AGO = '1970-01-01';
const ACCOUNT = 'account of the viewer';
/** Panels over time draw as many days as they ask for. */
const DAYS = `\${days}d`;

/**
 * The dashboard as JSON of Grafana. The plugin shows a Date as midnight in the zone of the dashboard, of the session (UTC) or of the server,
 * depending on its version and protocol. In Beijing, each of these is on the right day, and in UTC, midnight in Beijing is on the day before.
 * The panels do not use the time range but the variable `days`, so that days are Beijing's.
 */
export function renderDashboard(spec: DashboardSpec, queries: readonly AnalystQuery[]): Dashboard {
  const dashboard = new DashboardBuilder(spec.title)
    .uid(spec.name)
    .description(spec.description)
    .tags(['qcc'])
    .timezone('Asia/Shanghai')
    .time({ from: 'now-30d/d', to: 'now/d' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('数据源').type(PLUGIN))
    .withVariable(new TextBoxVariableBuilder('account').label('账号').defaultValue('main'))
    .withVariable(new TextBoxVariableBuilder('database').label('数据库').defaultValue('qcc'))
    .withVariable(
      new CustomVariableBuilder('days').label('最近天数').values('7,30,90,365').current({ text: '30', value: '30' }),
    );
  for (const [at, panel] of spec.panels.entries()) {
    const query = queries.find(({ name }) => name === panel.query);
    if (!query) throw new Error(`dashboard ${spec.name}: there is no query ${panel.query}`);
    dashboard.withPanel(renderPanel(panel, query, at + 1));
  }
  return dashboard.build();
}

function renderPanel(spec: PanelSpec, query: AnalystQuery, id: number): Builder<Panel> {
  const { shows, width, height, title = query.title } = spec;
  const sql = renderForGrafana(query);
  const place = <Panels extends StatBuilder | StatesBuilder | TableBuilder | TimeSeriesBuilder>(
    panel: Panels,
  ): Panels => {
    panel.id(id).title(title).description(notesOf(spec, query)).span(width).height(height).datasource(SOURCE);
    return panel;
  };
  switch (shows.as) {
    case 'table':
      return place(new TableBuilder())
        .withTarget(target(`${sql}\nLIMIT ${MOST_ROWS}`, 'table'))
        .filterable(true)
        .overrideByFieldType('time', [{ id: 'unit', value: 'time:YYYY-MM-DD' }]);
    case 'total':
      return place(new StatBuilder())
        .withTarget(target(columnsOf(sql, shows.columns), 'table'))
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(['sum']).fields('/.*/').values(false));
    case 'days':
      return place(new TimeSeriesBuilder())
        .withTarget(target(columnsOf(sql, ['日期', ...textColumns(query), ...shows.columns]), 'timeseries'))
        .timeFrom(DAYS)
        .drawStyle(GraphDrawStyle.Bars)
        .fillOpacity(60)
        .min(0)
        .decimals(0)
        .stacking(
          new StackingConfigBuilder().mode(textColumns(query).length > 0 ? StackingMode.Normal : StackingMode.None),
        );
    case 'states':
      return place(new StatesBuilder())
        .withTarget(target(columnsOf(sql, ['日期', '结论']), 'table'))
        .timeFrom(DAYS)
        .mergeValues(true);
    default: {
      const never: never = shows;
      throw new Error(`unknown kind of panel: ${JSON.stringify(never)}`);
    }
  }
}

/** What a reader has to know about the numbers of a panel. */
const notesOf = ({ shows }: PanelSpec, query: AnalystQuery): string =>
  [
    ...query.caveats,
    ...(fromOf(query) ? [] : ['取自全部历史，不随“最近天数”变化。']),
    ...(shows.as === 'table' ? [`最多显示 ${MOST_ROWS} 行，完整结果请用 npx qcc export 导出。`] : []),
  ].join('\n');

/** A query that has one row for each day and category has one line for each category. */
const textColumns = ({ name }: AnalystQuery): string[] => (name === 'category-by-day' ? ['级别'] : []);

const columnsOf = (sql: string, columns: readonly string[]): string =>
  `SELECT ${columns.map((column) => `\`${column}\``).join(', ')} FROM (\n${sql}\n)${columns.includes('日期') ? ' ORDER BY `日期`' : ''}`;

/** The parameter in whose place the variable `days` goes. */
const fromOf = ({ parameters }: AnalystQuery) =>
  parameters.find(({ name, kind }) => name === 'from' && kind === 'date');

/** With Grafana's variables in place of database, account and days. A text keeps its default. */
function renderForGrafana(query: AnalystQuery): string {
  const sql = renderQuery(query, {
    database: `\${database}`,
    account: ACCOUNT,
    masked: true,
    values: fromOf(query) ? { from: DAYS_AGO } : {},
  });
  return sql
    .replaceAll(`'${ACCOUNT}'`, `\${account:sqlstring}`)
    .replaceAll(`toDate('${DAYS_AGO}')`, `(today_beijing() - (\${days} - 1))`);
}

/** A query in the form of the plugin: 0 is a series over time, 1 a table. */
const target = (rawSql: string, queryType: 'table' | 'timeseries'): Builder<Dataquery> => ({
  build: () =>
    ({
      refId: 'A',
      datasource: SOURCE,
      editorType: 'sql',
      queryType,
      format: queryType === 'table' ? 1 : 0,
      pluginVersion: PLUGIN_VERSION,
      rawSql,
    }) as unknown as Dataquery,
});
