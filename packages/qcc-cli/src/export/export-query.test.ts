import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { beforeEach, expect, test } from 'vitest';
import { type ExportRequest, exportQuery, type Format } from './export-query.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-export-'));
  return () => rm(folder, { recursive: true });
});

const query = readQueries().find(({ name }) => name === 'provinces')!;

/** Answers with so many rows, or fails after them. */
function fakeClient(rows: number, problem?: Error, values: Readonly<Record<string, string>> = {}): ClickHouseClient {
  async function* lines() {
    for (let row = 0; row < rows; row += 1) yield [{ text: `["北京",${row}]` }];
    if (problem) throw problem;
  }
  const answerTo = (sql: string): object[] => {
    if (sql.startsWith('DESCRIBE')) return COLUMNS;
    return sql.includes('data_completeness') ? [{ day: '2026-03-16', verdict_text: '齐全' }] : [{ ...DAYS, ...values }];
  };
  return {
    query: async ({ query: sql }: { query: string }) => ({
      json: async () => answerTo(sql),
      stream: lines,
    }),
    exec: async () => ({ stream: Readable.from(['PAR1 and then: Code: 241. DB::Exception']) }),
  } as unknown as ClickHouseClient;
}
const DAYS = { today: '2026-03-16', 'a month ago': '2026-02-15' };
const COLUMNS = [
  { name: '省份', type: 'String' },
  { name: '企业数', type: 'UInt64' },
];

const request = (format: Format): ExportRequest => ({
  query,
  account: 'main',
  masked: true,
  values: {},
  format,
  path: join(folder, `a.${format}`),
  mayReplace: false,
});
const deps = (client: ClickHouseClient) => ({
  clickhouse: { client, database: 'qcc' },
  user: 'wang',
  now: 0,
  excelRows: 4,
});

test('as many rows as a sheet holds', async () => {
  expect(await exportQuery(deps(fakeClient(3)), request('xlsx'))).toMatchObject({ rows: 3 });
  expect(await readdir(folder)).toEqual(['a.xlsx']);
});

test.each<[query: string, values: Record<string, string>, from: string]>([
  ['provinces', {}, '2026-02-15'],
  ['left-the-lists', { from: '2026-03-01', to: '2026-03-05' }, '2026-03-01'],
  ['abnormal-on-day', { day: '2026-03-07' }, '2026-03-07'],
])(
  '%s says how complete the data are until today, because a late push may report an earlier day',
  async (name, values, from) => {
    const asked = { ...request('csv'), query: readQueries().find((each) => each.name === name)! };
    expect(await exportQuery(deps(fakeClient(1, undefined, values)), asked)).toMatchObject({ from, to: '2026-03-16' });
  },
);

test.each<[what: string, format: Format, client: ClickHouseClient, message: RegExp]>([
  ['one row more than a sheet holds', 'xlsx', fakeClient(4), /more than 3 rows.*use --csv or --parquet/],
  ['an error in the middle of a workbook', 'xlsx', fakeClient(2, new Error('broke off')), /broke off/],
  ['an error in the middle of a CSV', 'csv', fakeClient(2, new Error('broke off')), /broke off/],
  ['a Parquet file that ends with an error', 'parquet', fakeClient(0), /broke off in the middle/],
])('%s leaves nothing behind', async (_, format, client, message) => {
  await expect(exportQuery(deps(client), request(format))).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([]);
});
