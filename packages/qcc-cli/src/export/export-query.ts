import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClickHouseError } from '@clickhouse/client';
import { ERR_UNSUPPORTED_FORMAT } from '@zip.js/zip.js';
import { oneServer } from 'qcc-clickhouse/failover';
import type { AnalystQuery } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';
import { formatShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import type { ClickHouseSide } from '../connect-clickhouse.ts';
import { CommandFailure } from '../terminal.ts';
import { type About, aboutRows, type Outcome, type Verdict } from './about.ts';
import { type Column, type DescribedColumn, parseRow, toColumns, type Value, withTimesInBeijing } from './columns.ts';
import { BYTE_ORDER_MARK, csvHeader, csvRow } from './csv-row.ts';
import { isFileError, modeOf, writeWhole } from './output-file.ts';
import { writeWorkbook } from './workbook.ts';
import { type Cell, EXCEL_ROWS, textCell, toCell, widthFor } from './xlsx-cell.ts';

export type Format = 'xlsx' | 'csv' | 'parquet';

export type ExportRequest = {
  query: AnalystQuery;
  account: string;
  masked: boolean;
  values: Readonly<Record<string, string>>;
  format: Format;
  path: string;
  mayReplace: boolean;
};

type Deps = {
  clickhouse: Pick<ClickHouseSide, 'client' | 'database'>;
  user: string;
  now: number;
  /** Rows of a sheet with its header. */
  excelRows?: number;
};

type Table = { columns: readonly Column[]; rows: AsyncIterable<Value[]> };

/** Rows that widths are measured on. */
const SAMPLE_ROWS = 200;

/**
 * Writes the answer to a query to a file. The file appears whole or not at all.
 * @throws CommandFailure for the file, QueryValueError for a value, and what ClickHouse throws
 */
export async function exportQuery(deps: Deps, request: ExportRequest): Promise<About & Outcome> {
  const { query, format, path, mayReplace } = request;
  return await writeWhole(path, mayReplace, async (temporaryPath) => {
    // Another server may not have the rows that the report is about.
    const clickhouse = { ...deps.clickhouse, client: await oneServer(deps.clickhouse.client) };
    const target = { ...request, database: clickhouse.database };
    const described = await readRows<DescribedColumn>(clickhouse, `DESCRIBE (\n${renderQuery(query, target)}\n)`);
    const columns = toColumns(described);
    const about = await readAbout({ ...deps, clickhouse }, request);
    // The days of the report are those of the rows. Their defaults depend on today, and midnight may come between two queries.
    const inBeijing = withTimesInBeijing(renderQuery(query, { ...target, values: about.values }), columns);
    const table = { columns, rows: streamRows(clickhouse, inBeijing) };
    const file = { path: temporaryPath, mode: modeOf(request) };
    const outcome = await (format === 'xlsx'
      ? writeXlsx(file, table, about, deps.excelRows ?? EXCEL_ROWS)
      : format === 'csv'
        ? writeCsv(file, table)
        : writeParquet(clickhouse, file, inBeijing));
    return { ...about, ...outcome };
  });
}

async function readRows<Row>({ client }: Deps['clickhouse'], query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return await result.json<Row>();
}

/**
 * ClickHouse keeps the answer, on its disk if it is large, until it is whole. Otherwise the time in which a file is written counts against
 * the time limit of readers, and an error may come in the middle of the answer.
 */
const WHOLE_ANSWER = { wait_end_of_query: 1 } as const;

async function* streamRows({ client }: Deps['clickhouse'], query: string): AsyncGenerator<Value[]> {
  const result = await client.query({ query, format: 'JSONCompactEachRow', clickhouse_settings: WHOLE_ANSWER });
  try {
    for await (const batch of result.stream()) for (const { text } of batch) yield parseRow(text);
  } catch (error) {
    throw brokenOff(error);
  }
}

/** ClickHouse has begun to answer, so its address and the login are right. */
function brokenOff(error: unknown): unknown {
  if (error instanceof ClickHouseError || error instanceof CommandFailure || isFileError(error)) return error;
  return new CommandFailure('ClickHouse broke off in the middle of the answer: try again', { cause: error });
}

type OutputFile = { path: string; mode: number };

/** The values of the parameters as ClickHouse computes them, and how complete the data of these days are. */
async function readAbout({ clickhouse, user, now }: Deps, request: ExportRequest): Promise<About> {
  const { query, account, masked, values } = request;
  const { database } = clickhouse;
  const names = query.parameters.map(({ name }) => name);
  const texts = names.map((name) => `toString({{${name}}}) AS \`${name}\``);
  const template = `SELECT ${[...texts, 'toString(today_beijing()) AS `today`', 'toString(today_beijing() - 29) AS `a month ago`'].join(', ')}`;
  const computed = renderQuery({ ...query, template }, { database, account, masked, values });
  const [row = {}] = await readRows<Record<string, string>>(clickhouse, computed);
  const from = row.day ?? row.from ?? row['a month ago'] ?? '';
  // Until today, because a later push may report what happened on an earlier day.
  const to = row.today ?? '';
  const days: AnalystQuery = { ...query, template: VERDICTS, parameters: DAYS };
  const verdictsOf = renderQuery(days, { database, account, masked, values: { from, to } });
  const verdicts = await readRows<Verdict>(clickhouse, verdictsOf);
  return {
    query,
    account,
    user,
    database,
    masked,
    from,
    to,
    verdicts,
    exportedAt: formatShanghaiDateTime(now),
    values: Object.fromEntries(names.map((name) => [name, row[name] ?? ''])),
  };
}

const DAYS = (['from', 'to'] as const).map(
  (name) => ({ name, kind: 'date', fallback: undefined, comment: '' }) as const,
);
const VERDICTS = `SELECT toString(day) AS day, verdict_text
FROM {{db}}.data_completeness AS c
WHERE account = {{account}} AND c.day BETWEEN {{from}} AND {{to}}
ORDER BY c.day`;

async function writeCsv({ path, mode }: OutputFile, { columns, rows }: Table): Promise<Outcome> {
  let count = 0;
  async function* lines() {
    yield BYTE_ORDER_MARK + csvHeader(columns);
    for await (const row of rows) {
      count += 1;
      yield csvRow(columns, row);
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path, { flags: 'wx', mode }));
  return { rows: count, cutCells: 0, textNumbers: 0 };
}

async function writeXlsx(
  { path, mode }: OutputFile,
  { columns, rows }: Table,
  about: About,
  excelRows: number,
): Promise<Outcome> {
  const outcome = { rows: 0, cutCells: 0, textNumbers: 0 };
  const header = columns.map(({ name }) => textCell(name, 'bold'));
  async function* cells(): AsyncGenerator<Cell[]> {
    for await (const row of rows) {
      if (outcome.rows === excelRows - 1) {
        throw new CommandFailure(
          `${about.query.name} has more than ${(excelRows - 1).toLocaleString('en-US')} rows, which is all that a sheet of Excel holds: use --csv or --parquet`,
        );
      }
      outcome.rows += 1;
      const line = columns.map((column, at) => toCell(column, row[at] ?? null));
      for (const cell of line) {
        if (cell.is !== 'text') continue;
        if (cell.isCut) outcome.cutCells += 1;
        if (cell.isNumber) outcome.textNumbers += 1;
      }
      yield line;
    }
  }
  const all = cells();
  const sample: Cell[][] = [header];
  for (let next = await all.next(); !next.done; next = await all.next()) {
    sample.push(next.value);
    if (sample.length > SAMPLE_ROWS) break;
  }
  async function* data() {
    yield* sample;
    yield* all;
  }
  // The second sheet is written after the first, so that it knows the number of rows.
  function* note() {
    yield* aboutRows(about, outcome);
  }
  const widths = columns.map((_, at) => widthFor(sample.map((line) => line[at] ?? textCell(''))));
  const sheets = [
    { name: '数据', widths, frozenRows: 1, rows: data() },
    { name: '说明', widths: [24, 90], frozenRows: 0, rows: note() },
  ];
  await writeWorkbook(path, sheets, mode).catch((error: Error) => {
    if (error.message !== ERR_UNSUPPORTED_FORMAT) throw error;
    throw new CommandFailure(`${about.query.name} is too large for a workbook: use --csv or --parquet`, {
      cause: error,
    });
  });
  return outcome;
}

async function writeParquet({ client }: Deps['clickhouse'], { path, mode }: OutputFile, sql: string): Promise<Outcome> {
  const { stream, summary } = await client.exec({
    query: `${sql}\nFORMAT Parquet`,
    clickhouse_settings: WHOLE_ANSWER,
  });
  await pipeline(stream, createWriteStream(path, { flags: 'wx', mode })).catch((error: unknown) => {
    throw brokenOff(error);
  });
  return { rows: Number(summary?.result_rows), cutCells: 0, textNumbers: 0 };
}
