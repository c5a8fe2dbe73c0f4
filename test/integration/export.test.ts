import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, utils } from '@e965/xlsx';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnalystDatabase, insertTwoDays, openAnalystDatabase } from '../harness/analyst-database.ts';
import { runQcc } from '../harness/run-qcc.ts';

let db: AnalystDatabase;
let folder: string;
beforeAll(async () => {
  db = await openAnalystDatabase();
  await insertTwoDays(db);
});
afterAll(() => db[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcc-export-'));
  return () => rm(folder, { recursive: true });
});

const exporting = (args: readonly string[], env: Record<string, string> = {}) =>
  runQcc({ ...db.envOf('analyst'), ...env }, ['export', ...args]);

const QUERIES = readQueries();
/** Each query is written in one of them, because each takes seconds. */
const FORMATS = ['xlsx', 'csv', 'parquet'] as const;
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'company-timeline': ['--set', 'company=k0'],
  'new-since': ['--set', 'from=2026-03-16'],
};

describe('an analyst', () => {
  it.each(QUERIES)('exports $name', { tags: 'whole' }, async ({ name, title, caveats }) => {
    const format = FORMATS[QUERIES.findIndex((each) => each.name === name) % FORMATS.length];
    const file = `answer.${format}`;
    const { exitCode, out, err } = await exporting([
      ...[name, `--${format}`, join(folder, file), ...(PARAMETERS[name] ?? [])],
    ]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    for (const text of [title, ...caveats]) expect(out).toContain(text);
    expect(await readdir(folder)).toEqual([file]);
  });

  it('gets a CSV that Excel opens as it is', async () => {
    const file = join(folder, '案件.csv');
    await exporting(['debtors-by-court', '--csv', file]);
    expect(await readFile(file, 'utf8')).toBe(
      [
        '\uFEFF法院,案件数,未全部履行,涉案金额（元）,未全部履行案件金额（元）,金额未提供',
        `"'=北京市某法院",1,1,123456789012345678.91,123456789012345678.91,0`,
        '上海市某法院,1,0,12.5,,0',
        '',
      ].join('\r\n'),
    );
  });

  it('gets a workbook with days, numbers and codes as what they are, and a sheet that explains them', async () => {
    const file = join(folder, '变更.xlsx');
    await exporting(['renamed', '--xlsx', file, '--set', 'from=2026-03-01']);
    const { Sheets, SheetNames } = read(await readFile(file), { cellNF: true });
    expect(SheetNames).toEqual(['数据', '说明']);
    const [header, row, ...others] = utils.sheet_to_json<string[]>(Sheets.数据!, { header: 1, raw: false });
    expect(header).toEqual(['首次推送', '推送时名称', '原名称', '更新日期', 'KeyNo', '记录']);
    expect(row).toEqual(['2026-03-17', '示例2有限公司', '旧例有限公司', '2024-10-04', 'k2', 'r2']);
    expect(others).toEqual([]);
    expect(Sheets.数据!.A2).toMatchObject({ t: 'n', v: 46_098 });
    const about = new Map(utils.sheet_to_json<[string, string]>(Sheets.说明!, { header: 1 }).map(([a, b]) => [a, b]));
    expect(about.get('标题')).toBe('谁改了名');
    expect(about.get('企查查账号')).toBe('main');
    expect(about.get('行数')).toBe('1');
    expect(about.get('个人信息')).toBe('脱敏视图：个体工商户已假名化，假名与 KeyNo 仍属个人信息，请按制度使用');
    expect(about.get('参数 from')).toBe('2026-03-01（首次推送日期自（含））');
    expect(about.get('导出时间（北京时间）')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(about.get('数据齐全情况（按推送日期）')).toMatch(/^2026-03-01 至 \d{4}-\d\d-\d\d：/);
    expect(about.get('2026-03-16')).toBe('尚未全部核对：可能还有订单未收到');
  });

  it('may not read personal data, and is told what to ask for; nothing is left behind', async () => {
    const { exitCode, err } = await exporting(['provinces', '--unmasked', '--csv', join(folder, 'a.csv')]);
    expect(exitCode).toBe(1);
    expect(err).toMatch(
      /^qcc: user analyst may not read qcc\.companies, which provinces needs: ask for .*qcc_investigator.*migration 028_company_views/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not replace a file, unless told to', async () => {
    const file = join(folder, 'a.csv');
    await writeFile(file, 'mine');
    const refused = await exporting(['provinces', '--csv', file]);
    expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining(`${file} exists`) });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await exporting(['provinces', '--csv', file, '--force'])).toMatchObject({ exitCode: 0 });
    expect(await readFile(file, 'utf8')).toContain('省份');
    expect(await readdir(folder)).toEqual(['a.csv']);
  });

  it.each<[what: string, args: string[], env: Record<string, string>, message: RegExp, exitCode: number]>([
    [
      'an unknown query',
      ['nothing', '--csv', 'a'],
      {},
      /the query nothing does not exist; the queries are .*provinces/,
      1,
    ],
    ['a wrong day', ['new-since', '--csv', 'a', '--set', 'from=x'], {}, /from of new-since is a day such as/, 1],
    ['an unknown parameter', ['provinces', '--csv', 'a', '--set', 'x=1'], {}, /provinces has no parameter x/, 1],
    ['a missing value', ['company-timeline', '--csv', 'a'], {}, /company-timeline needs company/, 1],
    ['no format', ['provinces'], {}, /one of --xlsx, --csv and --parquet/, 2],
    ['two formats', ['provinces', '--csv', 'a', '--xlsx', 'b'], {}, /one of --xlsx/, 2],
    ['two files', ['provinces', '--csv', 'a', '--csv', 'b'], {}, /'b' is invalid\. It is given twice/, 2],
    [
      'a value given twice',
      ['new-since', '--csv', 'a', '--set', 'from=2026-03-01', '--set', 'from=2026-03-02'],
      {},
      /from is given twice/,
      2,
    ],
    ['no folder', ['provinces', '--csv', '/none/a'], {}, /the folder \/none does not exist/, 1],
    [
      'a wrong password',
      ['provinces', '--csv', 'a'],
      { CLICKHOUSE_PASSWORD: 'no' },
      /refuses the login of user analyst/,
      1,
    ],
    [
      'a wrong database',
      ['provinces', '--csv', 'a'],
      { CLICKHOUSE_DATABASE: 'none' },
      /(database none does not exist|none\.companies_masked)/,
      1,
    ],
  ])('is told of %s', async (_, args, env, message, exitCode) => {
    const result = await exporting(args, env);
    expect(result.err).toMatch(message);
    expect(result.exitCode).toBe(exitCode);
  });

  it.each(FORMATS)(
    'exports another account by its name, although this environment does not serve it, as %s',
    async (format) => {
      const { exitCode, out } = await exporting(['provinces', `--${format}`, join(folder, 'a'), '--account', 'other']);
      expect({ exitCode, out }).toMatchObject({
        exitCode: 0,
        out: expect.stringMatching(/已导出 0 行[\s\S]*没有符合条件的行/),
      });
    },
  );

  it('reads with the environment of a service that writes to a cluster', async () => {
    const file = join(folder, 'cluster');
    await writeFile(file, 'main');
    for (const env of [{ CLICKHOUSE_CLUSTER: 'main' }, { CLICKHOUSE_CLUSTER_FILE: file }])
      expect(await exporting(['provinces', '--csv', join(folder, 'a.csv'), '--force'], env)).toMatchObject({
        exitCode: 0,
      });
  });
});

describe('an investigator', () => {
  it('exports personal data, and the file says so', async () => {
    const file = join(folder, 'a.xlsx');
    const { exitCode, out } = await runQcc(db.envOf('investigator'), [
      ...['export', 'provinces', '--unmasked', '--xlsx', file],
    ]);
    expect(exitCode).toBe(0);
    expect(out).toContain('未脱敏，含个人信息');
    const about = utils.sheet_to_csv(read(await readFile(file)).Sheets.说明!);
    expect(about).toContain('未脱敏，含个人信息');
  });
});

describe('a database without a view', () => {
  it('is reported with the migration that creates the view', async () => {
    await db.admin.command({ query: `RENAME TABLE ${db.database}.list_spells_masked TO ${db.database}.away` });
    const { exitCode, err } = await exporting(['left-the-lists', '--csv', join(folder, 'a.csv')]);
    await db.admin.command({ query: `RENAME TABLE ${db.database}.away TO ${db.database}.list_spells_masked` });
    expect(exitCode).toBe(1);
    expect(err).toMatch(
      /list_spells_masked, which left-the-lists needs, does not exist: the database is older than migration 026_lists: start the sink/,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});

it('lists all queries with their titles, parameters and defaults, without a server', async () => {
  const { exitCode, out } = await runQcc({}, ['export', '--list']);
  expect(exitCode).toBe(0);
  for (const { name, title } of readQueries())
    expect([name, out.includes(name) && out.includes(title)]).toEqual([name, true]);
  expect(out).toContain('from（首次推送日期自（含））默认 today_beijing() - 1');
  expect(out).toContain('company（企业 KeyNo）默认 无，必填');
});
