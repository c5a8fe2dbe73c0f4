import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { utils, write } from '@e965/xlsx';
import { readMembers } from 'qcc-cli/portfolio/read-members';
import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Pipeline, startPipeline } from '../harness/pipeline.ts';
import { readTopic } from '../harness/read-topic.ts';
import { runQcc } from '../harness/run-qcc.ts';
import { identityRows, stateRow } from './company-identities.ts';

/** A file of customers goes over the topic into the table and the view. The tests build on one another. */
let pipeline: Pipeline;
const CODE = '91440300708461136T';
const BY = ['--who', 'data protection officer', '--why', 'request 20', '--yes'];

const qcc = (...args: string[]) => runQcc(pipeline.env, args);
const file = (name: string): string => join(pipeline.folder, name);
const members = (columns = 'portfolio, member') =>
  pipeline.query<Record<string, unknown>>(
    `SELECT ${columns} FROM {{db}}.portfolio_members FINAL ORDER BY portfolio, member`,
  );
const onTopic = async () => {
  const settings = readSettings(pipeline.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'test', logCreator: () => () => {} });
  const codec = await connectCodec({ ...settings, SCHEMAS: 'check' });
  return [...(await readMembers({ kafka, codec, settings }, { account: pipeline.account })).values()];
};
async function companies(...given: Parameters<typeof identityRows>[1][]): Promise<void> {
  const insert = (table: string, values: object[]) =>
    pipeline.clickhouse.insert({ table: `${pipeline.database}.${table}`, values, format: 'JSONEachRow' });
  await insert(
    'company_identities',
    given.flatMap((company) => identityRows(pipeline.account, company)),
  );
  await insert(
    'company_states',
    given.map((company) => stateRow(pipeline.account, company)),
  );
}

/** 企业名称, in GB18030 as the names below: TextEncoder writes UTF-8 only. */
const GB18030 = {
  企业名称: [0xc6, 0xf3, 0xd2, 0xb5, 0xc3, 0xfb, 0xb3, 0xc6],
  信用代码: [0xd0, 0xc5, 0xd3, 0xc3, 0xb4, 0xfa, 0xc2, 0xeb],
  甲公司: [0xbc, 0xd7, 0xb9, 0xab, 0xcb, 0xbe],
  乙公司: [0xd2, 0xd2, 0xb9, 0xab, 0xcb, 0xbe],
};
const line = (...cells: (keyof typeof GB18030 | { text: string })[]) =>
  cells.flatMap((cell, at) => [
    ...(at > 0 ? [0x2c] : []),
    ...(typeof cell === 'string' ? GB18030[cell] : Buffer.from(cell.text)),
    ...(at === cells.length - 1 ? [0x0d, 0x0a] : []),
  ]);

beforeAll(async () => {
  pipeline = await startPipeline({
    stack: inject('stack'),
    simulator: { seed: 'portfolio' },
    env: { ERASURE_KEY: randomBytes(32).toString('base64') },
  });
  const company = { currentName: null, names: [], creditCodes: [], regNos: [] };
  await companies(
    { ...company, corpKeyNo: 'k-code', currentName: '深圳示例（集团）有限公司', creditCodes: [CODE] },
    { ...company, corpKeyNo: 'k-number', regNos: ['440301103097413'] },
    { ...company, corpKeyNo: 'k-renamed', currentName: '新名公司', names: [{ name: '旧名公司', lastSeen: 1 }] },
    { ...company, corpKeyNo: 'k-twin-1', currentName: '同名公司' },
    { ...company, corpKeyNo: 'k-twin-2', currentName: '同名公司' },
    { ...company, corpKeyNo: 'k-shop', creditCodes: ['92110108MA00000007'] },
  );
});
afterAll(() => pipeline?.[Symbol.asyncDispose]());

test('a CSV in GB18030 becomes a portfolio on the topic and in the table', async () => {
  const path = file('customers.csv');
  await writeFile(
    path,
    Buffer.from([
      ...line('企业名称', '信用代码', { text: 'manager' }),
      ...line('甲公司', { text: CODE.toLowerCase() }, { text: 'M1' }),
      ...line('乙公司', { text: '' }, { text: '' }),
    ]),
  );
  const { exitCode, out, err } = await qcc('portfolio', 'load', path);
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toContain('customers.csv: 2 customers (CSV in GB18030).');
  expect(out).toContain('Loaded: 2 new customers, 0 that were there, 0 removed.');
  expect(out).toContain('Matched to one company of the feed: 1 (1 by credit code, 0 by');
  expect(out).toContain('Never in the feed: 1.');
  expect(out).toMatch(/乙公司[\s\S]*This does not mean that the customer has no risks/);
  expect(await members('portfolio, member, credit_code, name, attributes')).toEqual([
    { portfolio: 'default', member: CODE, credit_code: CODE, name: '甲公司', attributes: { manager: 'M1' } },
    { portfolio: 'default', member: '乙公司', credit_code: null, name: '乙公司', attributes: {} },
  ]);
  const keys = (await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}portfolio`)).map(({ key }) =>
    String(key),
  );
  // The first one again with its company.
  expect(keys).toEqual([`test|default|${CODE}`, 'test|default|乙公司', `test|default|${CODE}`]);
});

test('a workbook replaces the portfolio, and the report says how each customer is matched', async () => {
  const path = file('customers.xlsx');
  const rows = [
    ['企业名称', '统一社会信用代码', '注册号', '额度'],
    ['甲公司', CODE, '', 100],
    ['丙公司', '', 440301103097413, ''],
    ['深圳示例(集团)有限公司', '91110108MA0000000A', '', ''],
    ['旧名 公司', '', '', ''],
    ['同名公司', '', '', ''],
    ['丁公司', '91110108MA0000000X', '', ''],
  ];
  const workbook = { SheetNames: ['客户'], Sheets: { 客户: utils.aoa_to_sheet(rows) } };
  await writeFile(path, new Uint8Array(write(workbook, { type: 'array', bookType: 'xlsx' })));
  const { exitCode, out, err } = await qcc('portfolio', 'load', path);
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toContain('Check: line 7: the check character of 91110108MA0000000X does not match the other characters');
  expect(out).toContain('Loaded: 5 new customers, 1 that were there, 1 removed.');
  expect(out).toContain(
    'Matched to one company of the feed: 4 (1 by credit code, 1 by registration number, 1 by current name, 1 by former name).',
  );
  expect(out).toMatch(/Ambiguous, several companies fit: 1\.[\s\S]*同名公司.*k-twin-1 k-twin-2/);
  expect(out).toMatch(/with another credit code: 1\.[\s\S]*91110108MA0000000A.*k-code/);
  expect(out).toMatch(/Never in the feed: 1\.[\s\S]*丁公司/);
  expect((await members()).map(({ member }) => member)).not.toContain('乙公司');
  const removed = (await onTopic()).filter((each) => each.removed);
  expect(removed).toEqual([expect.objectContaining({ member: '乙公司', name: null, attributes: {} })]);
  expect((await qcc('portfolio', 'show')).out).toBe(out.slice(out.indexOf('Portfolio default of account')));
});

test('the topic says which companies the customers are, also by former names', async () => {
  const matched = (await onTopic()).flatMap(({ name, companies, matchedBy }) =>
    companies.length > 0 ? [[name, matchedBy, ...companies]] : [],
  );
  expect(matched.sort()).toEqual(
    [
      ['甲公司', 'CREDIT_CODE', 'k-code'],
      ['丙公司', 'REG_NO', 'k-number'],
      ['深圳示例(集团)有限公司', 'NAME', 'k-code'],
      ['旧名 公司', 'FORMER_NAME', 'k-renamed'],
      ['同名公司', 'NAME', 'k-twin-1', 'k-twin-2'],
    ].sort(),
  );
});

test('the same file again changes nothing but the time', async () => {
  const before = await members();
  const messages = async () => (await readTopic(inject('stack').KAFKA_BROKERS, `${pipeline.prefix}portfolio`)).length;
  const written = await messages();
  const { out } = await qcc('portfolio', 'load', file('customers.xlsx'));
  expect(out).toContain('Loaded: 0 new customers, 6 that were there, 0 removed.');
  // One for each customer: their companies are those of the load before.
  expect(await messages()).toBe(written + 6);
  expect(await members()).toEqual(before);
});

test('a file with rows that cannot be used changes nothing, unless they are skipped', async () => {
  const path = file('bad.csv');
  await writeFile(path, '企业名称,信用代码\n甲公司,9.14403E+17\n戊公司,\n');
  const before = await members();
  const { exitCode, out, err } = await qcc('portfolio', 'load', path, '--name', '第二');
  expect([exitCode, err]).toEqual([1, expect.stringContaining('nothing was loaded')]);
  expect(out).toContain('Cannot be used: line 2: Excel has shortened the number 9.14403E+17');
  expect(await members()).toEqual(before);
  expect(await qcc('portfolio', 'load', path, '--name', '第二', '--skip-bad-rows')).toMatchObject({ exitCode: 0 });
  expect(await members()).toEqual([...before, { portfolio: '第二', member: '戊公司' }]);
  expect((await qcc('portfolio', 'list')).out).toMatch(/default +│ 6 [\s\S]*第二 +│ 1 /);
});

test.each([
  ['that does not exist', 'nowhere.csv', /nowhere\.csv: the file cannot be read; nothing was loaded/],
  ['that is a folder', '.', /the file cannot be read/],
])('a file %s is refused', async (_, name, message) => {
  expect(await qcc('portfolio', 'load', file(name))).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(message),
  });
});

test('a portfolio is removed once a person confirms it', async () => {
  expect(await qcc('portfolio', 'remove', '--name', '第二')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('--yes'),
  });
  expect(await qcc('portfolio', 'remove', '--name', '第二', '--yes')).toMatchObject({
    exitCode: 0,
    out: 'Removed portfolio 第二 of account test: 1 customers.',
  });
  expect((await members('DISTINCT portfolio')).map(({ portfolio }) => portfolio)).toEqual(['default']);
  // As after a first attempt that did not wait long enough for the sink.
  expect(await qcc('portfolio', 'remove', '--name', '第二', '--yes')).toMatchObject({
    exitCode: 0,
    out: 'Removed portfolio 第二 of account test: its customers were removed before, and the tables have none of them.',
  });
  expect(await qcc('portfolio', 'remove', '--name', '第三', '--yes')).toMatchObject({ exitCode: 1 });
  expect(await qcc('portfolio', 'show', '--name', '第二')).toMatchObject({ exitCode: 1 });
});

test('an erasure reaches the table and the topic, and a reload brings no name back', async () => {
  const path = file('persons.csv');
  const rows = [
    '企业名称,信用代码,联系人',
    '王小明服装店,92110108MA00000007,王小明',
    '李晓红,,李晓红',
    `甲公司,${CODE},李晓红`,
  ];
  await writeFile(path, rows.join('\n'));
  expect(await qcc('portfolio', 'load', path)).toMatchObject({ exitCode: 0, err: '' });
  const person = file('person.txt');
  await writeFile(person, '李晓红');

  const dryRun = await qcc('erase', '--person-file', person, ...BY, '--dry-run');
  expect(dryRun.out).toContain('2 customers of portfolios');
  expect(await qcc('erase', '--person-file', person, ...BY)).toMatchObject({ exitCode: 0, err: '' });
  const shop = await qcc('erase', '--company', 'k-shop', ...BY);
  expect([shop.exitCode, shop.out]).toEqual([0, expect.stringContaining('1 customers of portfolios; take them out')]);

  const left = [
    { member: CODE, name: '甲公司', attributes: { 联系人: '※※' } },
    { member: '※※', name: '※※', attributes: { 联系人: '※※' } },
  ];
  const stored = () => pipeline.query('SELECT * FROM {{db}}.portfolio_members');
  expect(await members('member, name, attributes')).toEqual(left);
  expect(JSON.stringify(await stored())).not.toMatch(/李晓红|王小明|MA00000007/);
  const kept = (await onTopic()).filter(({ removed }) => !removed);
  expect(kept.map(({ member, name, attributes }) => ({ member, name, attributes }))).toEqual(
    expect.arrayContaining(left),
  );
  expect(JSON.stringify(await onTopic())).not.toMatch(/李晓红|王小明|MA00000007/);
  const mutations = await pipeline.query(
    `SELECT command FROM system.mutations WHERE database = '${pipeline.database}'`,
  );
  expect(JSON.stringify(mutations)).not.toMatch(/李晓红|王小明|MA00000007/);

  // A name stays erased. The company comes back, because the file is the operator's.
  expect(await qcc('portfolio', 'load', path)).toMatchObject({ exitCode: 0, err: '' });
  expect(JSON.stringify([await stored(), await onTopic()])).not.toContain('李晓红');
  expect((await members()).map(({ member }) => member)).toContain('92110108MA00000007');
});
