import { type Command, InvalidArgumentError } from 'commander';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { type AnalystQuery, readQueries } from 'qcc-clickhouse/queries/read-queries';
import { QueryValueError } from 'qcc-clickhouse/queries/render-query';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { connectClickHouse } from '../connect-clickhouse.ts';
import { type About, maskingOf, notesOf, type Outcome, summarize } from '../export/about.ts';
import { explainFailure } from '../export/explain-failure.ts';
import { type ExportRequest, exportQuery, type Format } from '../export/export-query.ts';
import { isFileError } from '../export/output-file.ts';
import { renderTable } from '../render-table.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

type Options = Partial<Record<Format, string>> & {
  list?: true;
  set?: Record<string, string>;
  unmasked?: true;
  force?: true;
};

const FORMATS = ['xlsx', 'csv', 'parquet'] as const satisfies readonly Format[];

export function addExportCommand(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description(
      'Writes the answer to a query of analysts to a file for Excel (--xlsx, --csv) or for pandas and polars (--parquet). It reads as CLICKHOUSE_USER, so give your own login. 把一个常用查询的结果导出为文件。',
    )
    .argument('[query]', 'name of the query, as in --list')
    .option('--list', 'show all queries with their parameters, and export nothing')
    .option('--xlsx <file>', 'Excel workbook; its sheet 说明 explains the rows', once)
    .option('--csv <file>', 'CSV that Excel opens as it is', once)
    .option('--parquet <file>', 'Parquet; times are text, as Beijing’s clock shows them', once)
    .option('--set <name=value...>', 'value of a parameter: --set from=2026-03-01', collectValue)
    .option('--unmasked', 'read the views with personal data; needs the role qcc_investigator')
    .option('--force', 'replace a file that exists')
    .action(async (name: string | undefined, options: Options, command: Command) => {
      const queries = readQueries();
      if (options.list) return terminal.print(renderList(queries, terminal.columns));
      const [format, ...others] = FORMATS.filter((each) => options[each] !== undefined);
      if (name === undefined || format === undefined || others.length > 0) {
        return command.error(
          'error: name a query and one of --xlsx, --csv and --parquet; `npx qcc export --list` shows the queries',
          { exitCode: 2 },
        );
      }
      const query = queries.find((each) => each.name === name);
      if (!query) {
        const names = queries.map((each) => each.name).join(', ');
        throw new CommandFailure(`the query ${name} does not exist; the queries are ${names}`);
      }
      await run(terminal, {
        query,
        format,
        path: options[format]!,
        account: terminal.account ?? readSettings(terminal.env, ['ACCOUNT']).ACCOUNT,
        masked: !options.unmasked,
        values: options.set ?? {},
        mayReplace: options.force ?? false,
      });
    });
}

async function run(terminal: Terminal, request: ExportRequest): Promise<void> {
  // A cluster's settings are for those who write, and a login that only reads may not send them.
  const env = { ...terminal.env, CLICKHOUSE_CLUSTER: undefined, CLICKHOUSE_CLUSTER_FILE: undefined };
  const settings = readSettings(env, CLICKHOUSE_SETTINGS);
  await using clickhouse = connectClickHouse({ ...terminal, env });
  try {
    const done = await exportQuery({ clickhouse, user: settings.CLICKHOUSE_USER, now: Date.now() }, request);
    for (const line of report(request, done)) terminal.print(line);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (error instanceof QueryValueError) throw new CommandFailure(error.message);
    if (isFileError(error)) {
      const why = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? ': the disk is full' : '';
      throw new CommandFailure(`${request.path} cannot be written${why}`, { cause: error });
    }
    throw explainFailure(error, { query: request.query, settings, migrations: readMigrations() });
  }
}

function* report({ query, path, account }: ExportRequest, done: About & Outcome): Generator<string> {
  yield `已导出 ${done.rows} 行：${path}`;
  yield `${query.title}（账号 ${account}；${maskingOf(done)}）`;
  for (const [name, value] of Object.entries(done.values)) yield `参数 ${name}：${value}`;
  if (done.rows === 0) yield `没有符合条件的行。请核对账号（--account）与参数（--set）。`;
  for (const caveat of query.caveats) yield `注意：${caveat}`;
  for (const note of notesOf(done)) yield `注意：${note}`;
  yield `数据齐全情况：${summarize(done)}`;
}

function renderList(queries: readonly AnalystQuery[], columns: number | undefined): string {
  const rows = queries.map(({ name, title, parameters }) => [
    name,
    title,
    parameters.map((each) => `${each.name}（${each.comment}）默认 ${each.fallback ?? '无，必填'}`).join('\n'),
  ]);
  return renderTable(['查询', '问题', '参数'], rows, { columns });
}

function once(file: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError('It is given twice.');
  return file;
}

function collectValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Must be NAME=VALUE.');
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...before, [name]: value };
}
