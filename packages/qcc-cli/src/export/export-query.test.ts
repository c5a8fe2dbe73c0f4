import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { createFailoverClient } from 'qcc-clickhouse/failover';
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
    exec: async () => ({ stream: Readable.from(problem ? lines() : []), summary: { result_rows: String(rows) } }),
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

test.each<Format>(['xlsx', 'csv', 'parquet'])(
  'rows of a %s come once ClickHouse has all of them, so that the time to write them does not count against the limit of readers',
  async (format) => {
    const client = fakeClient(3);
    const settings: unknown[] = [];
    for (const name of ['query', 'exec'] as const) {
      const ask = client[name] as (input: object) => Promise<never>;
      Object.assign(client, {
        [name]: (input: { query: string; clickhouse_settings?: object }) => {
          settings.push(input.clickhouse_settings);
          return ask(input);
        },
      });
    }
    expect(await exportQuery(deps(client), request(format))).toMatchObject({ rows: 3 });
    expect(settings.at(-1)).toEqual({ wait_end_of_query: 1 });
  },
);

test('report and rows come from one server, because another one may lack rows', async () => {
  const [first, second] = [fakeClient(1), fakeClient(1)];
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const { query: answer } = first;
  let asked = 0;
  Object.assign(first, {
    ping: async () => ({ success: true }),
    query: (input: never) => {
      asked += 1;
      return asked > 2 ? Promise.reject(refused) : answer(input);
    },
  });
  const servers = createFailoverClient([
    { url: 'http://first', client: first },
    { url: 'http://second', client: second },
  ]);
  await expect(exportQuery(deps(servers), request('csv'))).rejects.toThrow('ECONNREFUSED');
});

test('the rows are about the days that the report names, also if midnight comes in between', async () => {
  const asked: string[] = [];
  const client = fakeClient(1, undefined, { from: '2026-03-15' });
  const { query: answer } = client;
  Object.assign(client, {
    query: (input: { query: string }) => {
      asked.push(input.query);
      return answer(input as never);
    },
  });
  const newSince = readQueries().find(({ name }) => name === 'new-since')!;
  await exportQuery(deps(client), { ...request('csv'), query: newSince });
  expect(asked.at(-1)).toContain("toDate('2026-03-15')");
  expect(asked.at(-1)).not.toContain('today_beijing');
});

test.each([
  [true, 0o644],
  [false, 0o600],
])('a file of masked rows (%s) may be read by others only then', async (masked, mode) => {
  const before = process.umask(0o022);
  try {
    for (const format of ['xlsx', 'csv'] as const) {
      await exportQuery(deps(fakeClient(1)), { ...request(format), masked });
      expect((await stat(join(folder, `a.${format}`))).mode & 0o777).toBe(mode);
    }
  } finally {
    process.umask(before);
  }
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

const LOST = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });

test.each<[what: string, format: Format, client: ClickHouseClient, message: RegExp]>([
  ['one row more than a sheet holds', 'xlsx', fakeClient(4), /more than 3 rows.*use --csv or --parquet/],
  ['a lost connection in the middle of a workbook', 'xlsx', fakeClient(2, LOST), /broke off in the middle/],
  ['a lost connection in the middle of a CSV', 'csv', fakeClient(2, LOST), /broke off in the middle/],
  ['a lost connection in the middle of a Parquet file', 'parquet', fakeClient(0, LOST), /broke off in the middle/],
])('%s leaves nothing behind', async (_, format, client, message) => {
  await expect(exportQuery(deps(client), request(format))).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([]);
});
