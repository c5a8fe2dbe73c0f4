import { eraseRows } from 'qcc-cli/erase/erase-rows';
import { type FillInput, fillCompanies } from 'qcc-cli/portfolio/fill-companies';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { toPortfolioMemberRow } from 'qcc-clickhouse/rows/fact-rows';
import { followingUp } from 'qcc-clickhouse/rows/follow-up-derivations';
import { writeRecords } from 'qcc-clickhouse/rows/write-records';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import {
  debtor,
  extractedOrder,
  openSinkDatabase,
  type RecordFields,
  recordRow,
  type SinkDatabase,
} from './sink-database.ts';

const T0 = Date.parse('2026-11-24T10:00:00+08:00');
const DAY_MS = 86_400_000;
const CODE = '91440300708461136T';
const OTHER_CODE = '91110108MA0000000A';
const SHOP_CODE = '92110108MA00000007';

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());
beforeEach(() => db.empty());

/** A mutation may start late in a database whose tables were emptied. */
async function inNewDatabase(test: () => Promise<void>): Promise<void> {
  const shared = db;
  await using own = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
  db = own;
  await test().finally(() => {
    db = shared;
  });
}

/** JSON has a Bool as true or 1, depending on how a view computes it. */
const read = async (query: string) =>
  (await db.rows(query)).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, value === 1 || value === 0 ? value === 1 : value]),
    ),
  );

let offset = 0;
type Customer = {
  name?: string | null;
  regNo?: string;
  creditCode?: string;
  account?: string;
  removed?: boolean;
  loadedAt?: number;
};
/** Stores customers as the sink does. */
const store = (...customers: Customer[]) =>
  db.insert(
    'portfolio_members',
    customers.map(
      ({ name = null, creditCode = null, regNo = null, account = 'main', removed = false, loadedAt = T0 }) => {
        offset += 1;
        return toPortfolioMemberRow(
          {
            ...{ account, portfolio: 'default', member: creditCode ?? name ?? '', creditCode, regNo, name },
            ...{ attributes: { 联系人: '李四' }, loadedAt, removed, companies: [], matchedBy: null },
          },
          { topic: 'portfolio', partition: 0, offset: String(offset), timestamp: String(T0) },
        );
      },
    ),
  );
const fill = (input: Partial<FillInput> = {}) =>
  fillCompanies(db, { account: 'main', loaded: { portfolio: 'default', loadedAt: T0 }, ...input });
const load = async (...customers: Customer[]) => {
  await store(...customers);
  return fill();
};
let position = 0;
const push = (...records: RecordFields[]) =>
  db.insert(
    'record_history',
    records.map((record) => {
      position += 1;
      return recordRow({ position, corpName: '甲有限公司', creditCode: CODE, regNo: null, ...record });
    }),
  );
/** Stores a record in one of the two tables. Otherwise the sink derives it a moment after it is in the history. */
const insertInto = (table: 'record_history' | 'record_derivations', record: RecordFields) =>
  followingUp(db, async () => {
    const rows = [recordRow({ corpName: '甲有限公司', creditCode: CODE, regNo: null, ...record })];
    expect(await insertRows(db, { table, write: writeRecords, rows })).toEqual([]);
  });
const changes = async (columns = 'id, is_repeat') =>
  (await read(`SELECT ${columns} FROM {{db}}.portfolio_changes ORDER BY push_date, id, corp_key_no`)).map(
    Object.values,
  );
const status = async (columns: string, view = 'portfolio_status') =>
  (await read(`SELECT ${columns} FROM {{db}}.${view} ORDER BY ALL`)).map(Object.values);

const VALUES =
  'risk_state, on_abnormal_list, abnormal_since_day, on_violation_list, violation_since_day, unpaid_debtor_cases, revoked_day, last_seen_day';
/** What the views say has to be what `changes` and `companies` say about the same companies. */
async function expectAsElsewhere(): Promise<void> {
  const columns = (await db.rows<{ name: string }>('DESCRIBE {{db}}.changes'))
    .map(({ name }) => name)
    // A fill copies the time of the history, which is earlier.
    .filter((name) => !name.startsWith('stored_'))
    .join(', ');
  const mine = "corp_key_no IN (SELECT corp_key_no FROM {{db}}.portfolio_matches WHERE account = 'main')";
  expect(await read(`SELECT DISTINCT ${columns} FROM {{db}}.portfolio_changes ORDER BY ALL`)).toEqual(
    await read(`SELECT ${columns} FROM {{db}}.changes WHERE account = 'main' AND ${mine} ORDER BY ALL`),
  );
  const values = `account, corp_key_no, corp_name, is_sole_trader, ${VALUES}`;
  expect(
    await read(`SELECT DISTINCT ${values} FROM {{db}}.portfolio_status WHERE corp_key_no IS NOT NULL ORDER BY ALL`),
  ).toEqual(await read(`SELECT ${values} FROM {{db}}.companies WHERE account = 'main' AND ${mine} ORDER BY ALL`));
  const match = 'portfolio, member, corp_key_no, matched_by, is_ambiguous, has_other_credit_code';
  expect(await read(`SELECT ${match} FROM {{db}}.portfolio_status WHERE corp_key_no IS NOT NULL ORDER BY ALL`)).toEqual(
    await read(`SELECT ${match} FROM {{db}}.portfolio_matches ORDER BY ALL`),
  );
}

it('the profile of a company has what companies says of its names and places', async () => {
  await push(
    { id: 'coded' },
    { id: 'shop', corpKeyNo: 'k2', corpName: '王五小吃店', creditCode: null, regNo: '440301600000001' },
    { id: 'unnamed', corpKeyNo: 'k3', corpName: null, creditCode: null },
  );
  await push({ id: 'renamed', type: '5', changeContent: '企业名称由“旧名有限公司”变更为“甲有限公司”', orderNo: 'DD2' });
  for (const suffix of ['', '_masked']) {
    const columns = (await read(`DESCRIBE {{db}}.company_profiles${suffix}`)).map(({ name }) => name).join(', ');
    const profiles = await read(`SELECT ${columns} FROM {{db}}.company_profiles${suffix} ORDER BY ALL`);
    expect(profiles).toHaveLength(3);
    expect(profiles).toEqual(await read(`SELECT ${columns} FROM {{db}}.companies${suffix} ORDER BY ALL`));
  }
});

it('a change from before the load and one from after it are there, and a repeated push is marked', async () => {
  await push({ id: 'before', type: '2' }, { id: 'foreign', corpKeyNo: 'k2', corpName: '别的公司', creditCode: null });
  expect(await load({ creditCode: CODE, name: '甲' })).toEqual({ companies: 1, changes: 1 });
  await push({ id: 'before', pushDate: T0 + DAY_MS, orderNo: 'DD2' });
  await push({ id: 'after', pushDate: T0 + 2 * DAY_MS, orderNo: 'DD3', creditCode: null, corpName: '改名公司' });
  await push({ id: 'late', pushDate: T0 - DAY_MS, orderNo: 'DD0' });
  expect(await changes()).toEqual([
    ['late', false],
    ['before', false],
    ['before', true],
    ['after', false],
  ]);
  await expectAsElsewhere();
  expect(await fill()).toEqual({ companies: 1, changes: 4 });
  await expectAsElsewhere();
});

it('a customer that was never in the feed is found with its first push, with all records of the insert', {
  tags: 'whole',
}, async () => {
  await load({ creditCode: CODE, name: '甲' });
  await push({ id: 'unnamed', creditCode: null, corpName: '另一名称' }, { id: 'coded' });
  expect(await changes()).toEqual([
    ['coded', false],
    ['unnamed', false],
  ]);
  await expectAsElsewhere();
});

it('a company is found by its new name, and by its former one, with what was pushed before that', {
  tags: 'whole',
}, async () => {
  await load({ name: '新名（中国）有限公司' }, { name: '旧名有限公司' });
  await push({ id: 'older', corpKeyNo: 'k1', corpName: '最初有限公司', creditCode: null });
  expect(await changes()).toEqual([]);
  await push({
    ...{ id: 'renamed', corpKeyNo: 'k1', creditCode: null, pushDate: T0 + DAY_MS, orderNo: 'DD2', type: '5' },
    ...{ corpName: '新名(中国) 有限公司', changeContent: '企业名称由“旧名有限公司”变更为“新名(中国) 有限公司”' },
  });
  expect(await changes('customer_name, id, matched_by')).toEqual(
    expect.arrayContaining([
      ['新名（中国）有限公司', 'older', 'NAME'],
      ['新名（中国）有限公司', 'renamed', 'NAME'],
      ['旧名有限公司', 'older', 'FORMER_NAME'],
      ['旧名有限公司', 'renamed', 'FORMER_NAME'],
    ]),
  );
  await expectAsElsewhere();
});

it('the status says what companies says, with lists and cases from before and after the load', async () => {
  const second = { corpKeyNo: 'k2', corpName: '乙有限公司', creditCode: OTHER_CODE };
  const listed = { type: '2', changeContent: '被列入经营异常名录', eventDate: 20_000 } as RecordFields;
  const sued = (caseId: string): RecordFields => ({
    ...{ type: '11', changeContent: '新增1条失信被执行人信息', detailStatus: 'ENRICHED', detailsFetchedAt: T0 },
    dishonestDebtors: [debtor({ id: caseId, executeStatus: '全部未履行' })],
  });
  await push({ id: 'a', ...listed }, { id: 'b', ...sued('case1') });
  await load({ creditCode: CODE }, { creditCode: OTHER_CODE });
  await push({ id: 'c', ...sued('case2') }, { id: 'd', ...listed, ...second });
  expect(await status('corp_key_no, risk_state, on_abnormal_list, unpaid_debtor_cases')).toEqual([
    ['k1', '失信被执行人', true, 2],
    ['k2', '经营异常', true, false],
  ]);
  await expectAsElsewhere();
});

it('a case has the values of its newest report, also if a company reports it that is no customer', {
  tags: 'whole',
}, async () => {
  const reported = (id: string, executeStatus: string, fetchedAt: number): RecordFields => ({
    ...{
      id,
      type: '11',
      changeContent: '新增1条失信被执行人信息',
      detailStatus: 'ENRICHED',
      detailsFetchedAt: fetchedAt,
    },
    ...{ pushDate: fetchedAt, orderNo: `DD${id}` },
    dishonestDebtors: [debtor({ id: 'shared', executeStatus })],
  });
  const other = { corpKeyNo: 'k2', corpName: '乙有限公司', creditCode: OTHER_CODE };
  const unpaid = () => status('corp_key_no, risk_state, toUInt8(unpaid_debtor_cases) + 10');
  await push(reported('1', '全部未履行', T0));
  await load({ creditCode: CODE });
  expect(await unpaid()).toEqual([['k1', '失信被执行人', 11]]);
  await push({ ...reported('2', '全部已履行', T0 + DAY_MS), ...other });
  expect(await unpaid()).toEqual([['k1', '未见在列信息', 10]]);
  await expectAsElsewhere();
});

it("pushes after a company's first day as a customer do not add it again", async () => {
  await store({ creditCode: CODE, name: '甲' });
  const [clock] = await db.rows('SELECT toUnixTimestamp64Milli(now64(3)) AS now');
  const now = Number(clock!.now);
  // The rows of its first day, merged: the last push of that day came less than a day ago.
  const added = { first_added_at: now - 1.5 * DAY_MS, added_at: now - DAY_MS / 2 };
  await db.insert('portfolio_companies', [
    { account: 'main', corp_key_no: 'shop-key', kind: 'CREDIT_CODE', value: CODE, ...added },
  ]);
  await push({ id: 'second day', corpKeyNo: 'shop-key' });
  expect(await changes()).toEqual([['second day', false]]);
  expect(await read('SELECT toUnixTimestamp64Milli(max(added_at)) AS at FROM {{db}}.portfolio_companies')).toEqual([
    { at: added.added_at },
  ]);
});

it('of companies that become customers in one insert of many records nothing is missing', {
  tags: 'whole',
}, async () => {
  const name = (customer: number) => `第${customer}客户有限公司`;
  await load(...Array.from({ length: 100 }, (_, customer) => ({ name: name(customer) })));
  for (let customer = 0; customer < 100; customer += 10) {
    const records = Array.from({ length: 600 }, (_, index) => ({
      id: `${customer}-${index}`,
      corpKeyNo: `key-${customer + (index % 10)}`,
      corpName: name(customer + (index % 10)),
      creditCode: null,
    }));
    await push(...records);
  }
  const [copied] = await db.rows(`SELECT uniqExact(corp_key_no) AS companies, count() AS changes,
    uniqExactIf(corp_key_no, corp_key_no IN (SELECT corp_key_no FROM {{db}}.portfolio_states)) AS states
    FROM {{db}}.portfolio_log FINAL`);
  expect(copied).toEqual({ companies: 100, changes: 6_000, states: 100 });
});

it('while a portfolio is being filled, risks that were found are shown, and nobody looks free of risks', {
  tags: 'whole',
}, async () => {
  const other = { corpName: '乙有限公司', creditCode: null, type: '3', changeContent: '企业名称变更' };
  await push({ id: 'a', corpKeyNo: 'k1' }, { id: 'b', corpKeyNo: 'k2', ...other });
  await store({ name: '甲有限公司' }, { name: '乙有限公司' });
  await fillCompanies(db, { account: 'main' });
  const columns =
    'customer_name, feed_state, is_ready, risk_state, on_abnormal_list, on_violation_list, unpaid_debtor_cases';
  const texts = async () => (await status('feed_state_text')).flat();
  expect(await status(columns)).toEqual([
    ['乙有限公司', 'MATCHED', false, null, null, null, null],
    ['甲有限公司', 'MATCHED', false, '经营异常', true, null, null],
  ]);
  expect(await texts()).toEqual(Array(2).fill(expect.stringMatching(/^已匹配；名单尚未整理完/)));
  await fill();
  expect(await status(columns)).toEqual([
    ['乙有限公司', 'MATCHED', true, '未见在列信息', false, false, false],
    ['甲有限公司', 'MATCHED', true, '经营异常', true, false, false],
  ]);
  expect(await texts()).toEqual(['已匹配', '已匹配']);
});

it('an ambiguous customer has a row for each company, and one that was never in the feed says since when', {
  tags: 'whole',
}, async () => {
  await db.insert('order_events', extractedOrder({ pushDate: T0 }, [0, 1]));
  const twin = { corpName: '同名公司', creditCode: null };
  await push({ id: 'a', corpKeyNo: 'k1', ...twin }, { id: 'b', corpKeyNo: 'k2', ...twin });
  await store({ name: '同名公司' }, { name: '未见公司' });
  const columns = 'customer_name, corp_key_no, feed_state';
  expect(await status(columns)).toContainEqual(['未见公司', null, 'NOT_READY']);
  await fill();
  expect(await status(columns)).toEqual([
    ['同名公司', 'k1', 'AMBIGUOUS'],
    ['同名公司', 'k2', 'AMBIGUOUS'],
    ['未见公司', null, 'NEVER_IN_FEED'],
  ]);
  const [[text, risk]] = (await db
    .rows("SELECT feed_state_text, risk_state FROM {{db}}.portfolio_status WHERE feed_state = 'NEVER_IN_FEED'")
    .then((rows) => rows.map(Object.values))) as [[string, null]];
  expect([text, risk]).toEqual([expect.stringMatching(/^自2026年11月24日.*不等于没有风险/), null]);
  expect(await changes('id, is_ambiguous')).toEqual([
    ['a', true],
    ['b', true],
  ]);
});

it('a row that arrives while its company becomes a customer is copied', { tags: 'whole' }, () =>
  inNewDatabase(async () => {
    const { client, database } = db;
    // The statement that adds companies takes long after it has copied the earlier rows.
    await client.command({
      query: `CREATE MATERIALIZED VIEW ${database}.z_slow ENGINE = Null
        AS SELECT sleepEachRow(2) AS slept FROM ${database}.portfolio_companies`,
    });
    await push({ id: 'r0' });
    await store({ creditCode: CODE });
    let isFilled = false;
    const filling = fill().finally(() => {
      isFilled = true;
    });
    let pushed = 1;
    for (; !isFilled; pushed += 1) await push({ id: `r${pushed}`, orderNo: 'DD2' });
    await filling;
    expect(await db.rows('SELECT count() AS changes FROM {{db}}.portfolio_changes')).toEqual([{ changes: pushed }]);
  }),
);

/** Otherwise a row could arrive after the earlier ones are read, and before it is known to be one of a customer. */
it('a company is known as one of a customer before its earlier rows are copied', { tags: 'whole' }, () =>
  inNewDatabase(async () => {
    const { client, database } = db;
    await client.command({
      query: `CREATE MATERIALIZED VIEW ${database}.a_probe ENGINE = MergeTree ORDER BY corp_key_no AS
        SELECT corp_key_no, (SELECT groupArray(corp_key_no) FROM merge('${database}', '^portfolio_companies$')) AS known
        FROM ${database}.portfolio_companies`,
    });
    for (let n = 0; n < 2; n += 1) {
      const name = `第${n}有限公司`;
      await push({ id: `r${n}`, corpKeyNo: `company ${n}`, corpName: name, creditCode: null });
      await load({ name });
    }
    expect(await db.rows('SELECT count() AS copied FROM {{db}}.a_probe WHERE NOT has(known, corp_key_no)')).toEqual([
      { copied: 0 },
    ]);
    expect(await db.rows('SELECT uniqExact(corp_key_no) AS copied FROM {{db}}.a_probe')).toEqual([{ copied: 2 }]);
  }),
);

it('a replay counts once', { tags: 'whole' }, async () => {
  await load({ creditCode: CODE });
  const place = { id: 'r', position: 7 };
  await push({ ...place }, { ...place, revision: 1, source: 'replay' });
  expect(await changes('id, revision, is_repeat')).toEqual([['r', true, false]]);
  await expectAsElsewhere();
});

it('a replay that is derived after a fill does not count as a repeat', async () => {
  const place = { id: 'r', position: 7 };
  const replayed = { ...place, revision: 1, source: 'replay' } as const;
  await push(place);
  await load({ creditCode: CODE });
  await insertInto('record_history', replayed);
  await fill();
  await insertInto('record_derivations', replayed);
  expect(await changes('id, revision, is_repeat')).toEqual([['r', true, false]]);
  await expectAsElsewhere();
});

it('an account sees its own customers and companies only', { tags: 'whole' }, async () => {
  await push({ id: 'mine' }, { id: 'theirs', account: 'other', corpKeyNo: 'k9' });
  await load({ creditCode: CODE }, { creditCode: CODE, account: 'other' });
  const seen = 'account, id, corp_key_no';
  expect(await changes(seen)).toEqual([['main', 'mine', 'k1']]);
  await fill({ account: 'other' });
  expect(await changes(seen)).toEqual([
    ['main', 'mine', 'k1'],
    ['other', 'theirs', 'k9'],
  ]);
});

it('a company that is no customer any more goes with the next load', { tags: 'whole' }, () =>
  inNewDatabase(async () => {
    await push({ id: 'a' });
    await load({ creditCode: CODE });
    await store({ creditCode: CODE, removed: true, loadedAt: T0 + 1 });
    expect([await changes(), await status('*')]).toEqual([[], []]);
    expect(await fill()).toEqual({ companies: 0, changes: 0 });
    for (const table of ['portfolio_companies', 'portfolio_log', 'portfolio_states'])
      expect(await db.rows(`SELECT * FROM {{db}}.${table}`)).toEqual([]);
  }),
);

it('the masked views let no name or code of a person through', async () => {
  await push(
    { id: 'shop', corpKeyNo: 'k1', corpName: '张三服装店', creditCode: SHOP_CODE, changeContent: '张三被列入' },
    { id: 'firm', corpKeyNo: 'k2', corpName: '示例有限公司', creditCode: CODE, changeContent: '被列入经营异常' },
    { id: 'codeless', corpKeyNo: 'k2', corpName: '示例', creditCode: null, changeContent: '被列入经营异常' },
  );
  await load(
    { creditCode: SHOP_CODE, regNo: '110108600000007', name: '张三服装店' },
    { creditCode: CODE, regNo: '440301103097413', name: '示例有限公司' },
    { name: '王五' },
    { regNo: '李四13800000000', name: '样品有限公司' },
  );
  const shown = 'customer_name, customer_credit_code, customer_reg_no, corp_name, feed_state';
  expect(await status(shown, 'portfolio_status_masked')).toEqual([
    ['张※', null, null, '张※', 'MATCHED'],
    ['样品有限公司', null, null, null, 'NEVER_IN_FEED'],
    ['王※', null, null, null, 'NEVER_IN_FEED'],
    ['示例有限公司', CODE, '440301103097413', '示例有限公司', 'MATCHED'],
  ]);
  const rows = await db.rows(
    'SELECT customer_name, corp_name, credit_code, change_content FROM {{db}}.portfolio_changes_masked ORDER BY ALL',
  );
  expect(rows.map(Object.values)).toEqual([
    ['张※', '张※', null, '列入'],
    ['示例有限公司', '示※', null, '列入'],
    ['示例有限公司', '示例有限公司', CODE, '被列入经营异常'],
  ]);
  for (const view of ['portfolio_status_masked', 'portfolio_changes_masked']) {
    expect(JSON.stringify(await db.rows(`SELECT * FROM {{db}}.${view}`))).not.toMatch(
      /张三|李四|王五|MA00000007|110108600000007/,
    );
  }
});

it('a person has the same pseudonym in every masked view, and none where it is not known who it is', {
  tags: 'whole',
}, async () => {
  const shop = { creditCode: null, type: '5', changeContent: '企业名称变更' };
  await push(
    { id: 'a', corpKeyNo: 'k1', corpName: '张三服装店', pseudonym: 'AAAAAAAAAA', ...shop, creditCode: SHOP_CODE },
    { id: 'b', corpKeyNo: 'k2', corpName: '张三理发店', pseudonym: 'BBBBBBBBBB', ...shop },
    { id: 'c', corpKeyNo: 'k3', corpName: '李四饭店', pseudonym: 'CCCCCCCCCC', ...shop },
    { id: 'd', corpKeyNo: 'k4', corpName: '李四饭店', pseudonym: 'DDDDDDDDDD', ...shop },
  );
  await load({ creditCode: SHOP_CODE, name: '张三' }, { name: '张三理发店' }, { name: '李四饭店' }, { name: '王五' });
  const names = async (column: string, view: string) =>
    (await db.rows(`SELECT ${column} AS name FROM {{db}}.${view} ORDER BY name`)).map(({ name }) => name);
  const matched = ['张※AAAAAAAAAA', '张※BBBBBBBBBB'];
  expect(await names('corp_name', 'portfolio_members_masked')).toEqual([...matched, '李※', '王※']);
  expect(await names('corp_name', 'portfolio_matches_masked')).toEqual([...matched, '李※', '李※']);
  expect(await names('customer_name', 'portfolio_status_masked')).toEqual([...matched, '李※', '李※', '王※']);
  expect(await names('customer_name', 'portfolio_changes_masked')).toEqual([...matched, '李※', '李※']);
  const companies = [...matched, '李※CCCCCCCCCC', '李※DDDDDDDDDD'];
  expect(await names('corp_name', 'portfolio_changes_masked')).toEqual(companies);
  expect(await names('corp_name', 'companies_masked')).toEqual(companies);
});

it('clients that turn on nulls in joins read the same', { tags: 'whole' }, async () => {
  await push({ id: 'a' });
  await load({ creditCode: CODE }, { name: '未见公司' });
  for (const view of ['portfolio_status', 'portfolio_changes', 'portfolio_status_masked', 'portfolio_changes_masked']) {
    const rows = `SELECT * FROM {{db}}.${view} ORDER BY ALL`;
    expect(await read(`${rows} SETTINGS join_use_nulls = 1`)).toEqual(await read(rows));
  }
});

it('an erasure reaches the copies', { tags: 'whole' }, () =>
  inNewDatabase(async () => {
    const key = createErasureKey(Buffer.alloc(32, 3).toString('base64'));
    const erase = async (subject: { company?: string; person?: string }) => {
      const erasure = { ...key.describe({ account: 'main', ...subject }), at: 1, reason: 'r', decidedBy: 'd' };
      const input = { subject: { account: 'main', ...subject }, erasureId: erasure.id };
      await eraseRows(db, { ...input, eraser: createEraser(key, [erasure]), dryRun: false });
    };
    await push(
      { id: 'a', corpKeyNo: 'k1', type: '4', changeContent: '法定代表人由“张三”变更' },
      { id: 'b', corpKeyNo: 'k2', corpName: '乙有限公司', creditCode: OTHER_CODE },
    );
    await load({ creditCode: CODE }, { creditCode: OTHER_CODE });
    await erase({ person: '张三' });
    expect(await changes('id, change_content')).toEqual([
      ['a', '法定代表人由“※※”变更'],
      ['b', '被列入经营异常'],
    ]);
    expect(JSON.stringify(await db.rows('SELECT * FROM {{db}}.portfolio_log'))).not.toContain('张三');
    expect(await status('corp_key_no')).toEqual([['k1'], ['k2']]);
    await erase({ company: 'k2' });
    for (const table of ['portfolio_companies', 'portfolio_log', 'portfolio_states'])
      expect(await db.rows(`SELECT DISTINCT corp_key_no FROM {{db}}.${table}`)).toEqual([{ corp_key_no: 'k1' }]);
  }),
);
