// @module-tag whole
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { kindOf, parseRow } from 'qcc-cli/export/columns';
import { exportQuery } from 'qcc-cli/export/export-query';
import { type AnalystQuery, readQueries } from 'qcc-clickhouse/queries/read-queries';
import { ROLES } from 'qcc-clickhouse/roles';
import { shanghaiDay } from 'qcc-core/base/shanghai-time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../../stack/child.ts';
import { findJava } from '../../stack/java.mjs';
import { fetchArtifacts } from '../../stack/maven.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { type AnalystDatabase, insertTwoDays, openAnalystDatabase } from '../harness/analyst-database.ts';
import { installPython } from '../harness/python.ts';

/** Rows of each query, with cells as text. */
type Answers = unknown[][][];
type Client = { name: string; read(db: AnalystDatabase, queries: readonly string[]): Promise<Map<string, Answers>> };

const HERE = join(import.meta.dirname, 'clients');
const SERVER_ZONES = ['UTC', 'Asia/Shanghai'] as const;
const JVM_ZONES = ['America/New_York', 'UTC', 'Asia/Shanghai'] as const;

/** Each view costs each client seconds, so `npm run test:whole` reads one of each kind. QCC_TEST_CLIENTS=all makes it read all. */
const VIEWS: readonly string[] =
  process.env.QCC_TEST_CLIENTS === 'all'
    ? ROLES.qcc_analyst
    : ['changes_masked', 'list_spells_masked', 'debtor_cases_masked', 'exceptions_masked', 'orders'];

const say = (line: string) => console.warn(line);

/** Far from Beijing, so that a client that uses the zone of its machine shows other days. */
const PYTHON_ZONE = 'America/New_York';

type Python = Awaited<ReturnType<typeof installPython>>;
let python: Python;

function pythonClient(python: Python): Client | string {
  if ('absent' in python) return `clickhouse-connect, pandas, polars and openpyxl: ${python.absent}`;
  return {
    name: 'Python',
    async read(db, queries) {
      const { hostname: host, port } = new URL(db.url);
      const input = JSON.stringify({ host, port: Number(port), user: 'analyst', password: 'secret', queries });
      const env = { ...process.env, TZ: PYTHON_ZONE };
      const { stdout } = await runChild(python.python, [join(HERE, 'read.py'), input], { env });
      return new Map(Object.entries(JSON.parse(stdout) as Record<string, Answers>));
    },
  };
}

async function openJdbc(): Promise<Client | string> {
  try {
    const [java, jars] = [await findJava(), await fetchArtifacts('clickhouse-jdbc')];
    return {
      name: 'JDBC',
      async read(db, queries) {
        const answers = new Map<string, Answers>();
        for (const zone of JVM_ZONES) {
          const url = db.url.replace('http://', 'jdbc:clickhouse:http://');
          const args = [`-Duser.timezone=${zone}`, '-cp', join(jars, '*'), join(HERE, 'Read.java')];
          const { stdout } = await runChild(java, [...args, url, 'analyst', 'secret', ...queries]);
          answers.set(`JDBC in ${zone}`, JSON.parse(stdout) as Answers);
        }
        return answers;
      },
    };
  } catch (error) {
    return `clickhouse-jdbc: ${String(error).split('\n')[0]}`;
  }
}

let clients: Client[];
const databases = new Map<string, AnalystDatabase>();
beforeAll(async () => {
  const installing = installPython({ name: 'clients-python', requirements: join(HERE, 'requirements.txt'), say });
  const jdbc = await openJdbc();
  python = await installing;
  const opened = [pythonClient(python), jdbc];
  clients = opened.filter((each) => typeof each !== 'string');
  for (const why of opened.filter((each) => typeof each === 'string')) say(`SKIPPED, not tested: ${why}`);
  for (const zone of SERVER_ZONES) {
    const db = await openAnalystDatabase(zone);
    databases.set(zone, db);
    await insertTwoDays(db);
  }
});
afterAll(async () => {
  for (const db of databases.values()) await db[Symbol.asyncDispose]();
});

/** As any HTTP client gets it: every digit, days as YYYY-MM-DD. */
async function readRaw({ url }: AnalystDatabase, query: string): Promise<unknown[][]> {
  const login = new URLSearchParams({ user: 'analyst', password: 'secret' });
  const response = await fetch(`${url}/?${login}`, { method: 'POST', body: `${query} FORMAT JSONCompactEachRow` });
  const text = await response.text();
  if (!response.ok) throw new Error(`${query}: ${text}`);
  return text.split('\n').filter(Boolean).map(parseRow);
}

/** All columns of a view but times, which each client shows in its own zone. */
async function readableColumns(db: AnalystDatabase, view: string): Promise<string[]> {
  const described = await readRaw(db, `DESCRIBE ${db.database}.${view}`);
  return described
    .filter(([, type]) => !['time', 'json'].includes(kindOf(String(type)).is))
    .map(([name]) => String(name));
}

/** Clients write 12.50 and 12.5, which are the same number. */
const withoutZeros = (cell: unknown): unknown =>
  typeof cell === 'string' ? cell.replace(/^(-?\d+\.\d*?)0+$/, '$1').replace(/^(-?\d+)\.$/, '$1') : cell;
const sameNumbers = (rows: unknown[][]): unknown[][] => rows.map((row) => row.map(withoutZeros));

/** 1986-05-04 began an hour late in Shanghai. In 1900 its clock was not at +08:00, and JDBC's getDate is a day off there. */
const EDGES = `SELECT toInt64('9223372036854775807') AS a, toInt64('-9223372036854775808') AS b,
  toUInt64('18446744073709551615') AS c, toDecimal128('123456789012345678.91', 2) AS d, toDecimal64('-12.50', 2) AS e,
  ['甲', '乙；'] AS f, CAST([] AS Array(String)) AS g, CAST(NULL AS Nullable(Date32)) AS h, CAST(NULL AS Nullable(String)) AS i,
  toDate32('1986-05-04') AS j, toDate('2026-03-16') AS k, toDate32('2299-12-31') AS l, true AS m, '' AS n`;

describe.each(SERVER_ZONES)('a server in %s', (zone) => {
  const database = () => databases.get(zone)!;

  it('shows the Beijing day and time of a change, whatever the zone', async () => {
    const rows = await readRaw(database(), 'SELECT id, pushed_local, push_day FROM qcc.changes_masked ORDER BY id');
    expect(rows).toEqual([
      ['r0', '2026-03-16 23:30:00', '2026-03-16'],
      ['r1', '2026-03-17 00:30:00', '2026-03-17'],
      ['r2', '2026-03-17 00:30:00', '2026-03-17'],
    ]);
  });

  it('knows today in Beijing', async () => {
    const before = shanghaiDay(Date.now());
    const rows = await readRaw(database(), 'SELECT today_beijing()');
    expect([before, shanghaiDay(Date.now())]).toContain(rows[0]?.[0]);
  });

  it('gives every client the same days, numbers, arrays and NULLs', async ({ skip }) => {
    // This machine may have none of the client libraries.
    skip(clients.length === 0, 'no client library can be installed');
    const db = database();
    const queries = [EDGES, 'SELECT today_beijing() AS today'];
    for (const view of VIEWS) {
      const columns = (await readableColumns(db, view)).map((name) => `\`${name}\``).join(', ');
      queries.push(`SELECT ${columns} FROM ${db.database}.${view} ORDER BY ALL LIMIT 20`);
    }
    const expected: unknown[][][] = [];
    for (const query of queries) expected.push(await readRaw(db, query));
    expect(expected.slice(0, 7).every((rows) => rows.length > 0)).toBe(true);
    for (const client of clients) {
      for (const [name, answers] of await client.read(db, queries)) {
        for (const [at, query] of queries.entries()) {
          expect(sameNumbers(answers[at]!), `${name}: ${query}`).toEqual(sameNumbers(expected[at]!));
        }
      }
    }
  });
});

/** A query with a column of each kind. */
const EXPORTED: AnalystQuery = {
  ...readQueries()[0]!,
  parameters: [],
  template: `SELECT id AS \`记录\`, push_date AS \`推送时间\`, push_day AS \`推送日期\`, toDecimal64('-12.50', 2) AS \`金额\`,
  toInt64('9223372036854775807') AS \`大数\`, ['甲', '乙'] AS \`数组\`, CAST(NULL AS Nullable(String)) AS \`空\`,
  '110108000000001' AS \`代码\`, '=1+1' AS \`公式\`
FROM {{db}}.changes{{masked}} WHERE account = {{account}} ORDER BY id`,
};

it.for(SERVER_ZONES)('libraries read what was exported from a server in %s', async (zone, { skip }) => {
  // Without Python, nothing reads the files.
  if ('absent' in python) return skip(python.absent);
  const { url, database } = databases.get(zone)!;
  await using folder = await makeTemporaryFolder('qcc-exported-');
  await using client = createClient({ url, username: 'analyst', password: 'secret' });
  const paths: string[] = [];
  for (const format of ['parquet', 'xlsx', 'csv'] as const) {
    const path = join(folder.path, `a.${format}`);
    paths.push(path);
    const request = { query: EXPORTED, account: 'main', masked: true, values: {}, format, path, mayReplace: false };
    await exportQuery({ clickhouse: { client, database }, user: 'analyst', now: Date.now() }, request);
  }
  const env = { ...process.env, TZ: PYTHON_ZONE };
  const { stdout } = await runChild(python.python, [join(HERE, 'read_files.py'), ...paths], { env });
  const times = ['2026-03-16 23:30:00', '2026-03-17 00:30:00', '2026-03-17 00:30:00'];
  const days = ['2026-03-16', '2026-03-17', '2026-03-17'];
  const number = '9223372036854775807';
  const exact = { times, days, amount: '-12.50', number, array: ['甲', '乙'], empty: true };
  expect(JSON.parse(stdout)).toEqual({
    pandas: { ...exact, zone: 'None' },
    polars: exact,
    openpyxl: {
      ...{ times, days, amount: -12.5, number, array: '甲；乙', empty: true, code: '110108000000001' },
      ...{ formula: ['=1+1', 's'], bold: true, frozen: 'A2' },
    },
    read_excel: { times, code: '110108000000001' },
    read_csv: { times, header: '记录', amount: -12.5, number, formula: `'=1+1`, code: '110108000000001' },
  });
});

/** As the engine spec of Superset 6.1 writes the grains and filters of a column that is a Date. It shows the instants in UTC. */
const SUPERSET = {
  'by day':
    'SELECT toUnixTimestamp(toStartOfDay(toDateTime(push_day))) AS t, count() FROM qcc.changes_masked GROUP BY t ORDER BY t',
  'by week':
    'SELECT toUnixTimestamp(toMonday(toDateTime(push_day))) AS t, count() FROM qcc.changes_masked GROUP BY t ORDER BY t',
  'by month':
    'SELECT toUnixTimestamp(toStartOfMonth(toDateTime(push_day))) AS t, count() FROM qcc.changes_masked GROUP BY t ORDER BY t',
  'by hour of the wall clock':
    'SELECT toUnixTimestamp(toStartOfHour(toDateTime(pushed_local))) AS t, count() FROM qcc.changes_masked GROUP BY t ORDER BY t',
  'by day and hour':
    'SELECT toUnixTimestamp(toStartOfDay(toDateTime(push_day))) AS t, push_hour, count() FROM qcc.changes_masked GROUP BY t, push_hour ORDER BY t, push_hour',
  'in a range':
    "SELECT id FROM qcc.changes_masked WHERE push_day >= toDate('2026-03-17') AND push_day < toDate('2026-03-18') ORDER BY id",
  'from today on': 'SELECT id FROM qcc.changes_masked WHERE push_day >= today_beijing() ORDER BY id',
} as const;

it.each(Object.entries(SUPERSET))('Superset gets the same rows from both servers: %s', async (_, query) => {
  const [utc, shanghai] = await Promise.all(SERVER_ZONES.map((zone) => readRaw(databases.get(zone)!, query)));
  expect(utc).toEqual(shanghai);
});

const shownAt = (time: string): string => String(Date.parse(`${time}Z`) / 1_000);
it('Superset counts a change on its Beijing day and hour', async () => {
  const utc = databases.get('UTC')!;
  expect(await readRaw(utc, SUPERSET['by day'])).toEqual([
    [shownAt('2026-03-16T00:00'), '1'],
    [shownAt('2026-03-17T00:00'), '2'],
  ]);
  expect(await readRaw(utc, SUPERSET['in a range'])).toEqual([['r1'], ['r2']]);
  expect(await readRaw(utc, SUPERSET['by hour of the wall clock'])).toEqual([
    [shownAt('2026-03-16T23:00'), '1'],
    [shownAt('2026-03-17T00:00'), '2'],
  ]);
  expect(await readRaw(utc, SUPERSET['by day and hour'])).toEqual([
    [shownAt('2026-03-16T00:00'), '23', '1'],
    [shownAt('2026-03-17T00:00'), '0', '2'],
  ]);
});
