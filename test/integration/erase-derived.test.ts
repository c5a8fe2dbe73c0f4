import { eraseRows } from 'qcc-cli/erase/erase-rows';
import type { RowsDeps } from 'qcc-cli/erase/unlogged-statements';
import { DERIVED_TABLES, renderDerivation } from 'qcc-clickhouse/migrate/derivation';
import { toPortfolioMemberRow } from 'qcc-clickhouse/rows/fact-rows';
import { shareDebtorCases } from 'qcc-clickhouse/rows/share-debtor-cases';
import { exceptionRow } from 'qcc-details/testing/details';
import { createEraser } from 'qcc-evidence/erasure/eraser';
import { createErasureKey } from 'qcc-evidence/erasure/subject';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { debtor, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const key = createErasureKey(Buffer.alloc(32, 3).toString('base64'));
const T0 = Date.parse('2026-11-24T10:00:00+08:00');

const SHOP = '张三服装店';
const PSEUDONYM = 'TESTOWNER1';
const shop = {
  pseudonym: PSEUDONYM,
  corpKeyNo: 'shop-key',
  corpName: SHOP,
  creditCode: '92110108MA00000007',
  regNo: '110108600000002',
};
const enriched = { detailStatus: 'ENRICHED', detailsFetchedAt: T0 } as const;
const shared = debtor({ id: 'shared-case', anno: '张三案', amount: '10.00' });

const ROWS = [
  recordRow({ ...shop, position: 0, id: 'listed', ...enriched, exceptions: [exceptionRow({ addReason: '张三失联' })] }),
  recordRow({ ...shop, position: 1, id: 'debtor', type: '11', ...enriched, dishonestDebtors: [shared] }),
  recordRow({
    ...{ ...shop, position: 2, id: 'renamed', type: '5', changeContent: `企业名称由“张三饭店”变更为“${SHOP}”` },
  }),
  recordRow({
    ...{ corpKeyNo: 'other', corpName: '示例有限公司', position: 3, id: 'other-debtor', type: '11', ...enriched },
    dishonestDebtors: [{ ...shared, anno: '李四案' }],
  }),
  recordRow({ corpKeyNo: 'other', corpName: '示例有限公司', position: 4, id: 'other-listed' }),
];

let db: SinkDatabase;
beforeEach(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
  await db.insert('record_history', ROWS);
});
afterEach(() => db[Symbol.asyncDispose]());

type Subject = { company?: string; person?: string };
const COMPANY: Subject = { company: shop.corpKeyNo };
const PERSON: Subject = { person: '张三' };

function erase(subject: Subject, deps: RowsDeps = db, untilSinkPassed?: () => Promise<void>) {
  const erasure = { ...key.describe({ account: 'main', ...subject }), at: 1, reason: 'r', decidedBy: 'd' };
  const input = { subject: { account: 'main', ...subject }, erasureId: erasure.id, dryRun: false };
  const eraser = createEraser(key, [erasure]);
  return eraseRows(deps, { ...input, eraser, ...(untilSinkPassed && { untilSinkPassed }) });
}

/** Tables of which any column that can hold a text holds one of these, and stored statements. Without FINAL: what is on disk. */
async function holders(...sought: string[]): Promise<string[]> {
  const tables = await db.rows<{ table: string; columns: string[] }>(`
    SELECT c.table AS table, groupArray(c.name) AS columns FROM system.columns AS c
    INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
    WHERE c.database = '{{db}}' AND t.engine LIKE '%MergeTree' AND c.type LIKE '%String%' AND c.type NOT LIKE 'AggregateFunction%'
    GROUP BY table`);
  expect(tables.length).toBeGreaterThan(20);
  const statements = await db.rows("SELECT command FROM system.mutations WHERE database = '{{db}}'");
  const found = sought.some((text) => JSON.stringify(statements).includes(text)) ? ['system.mutations'] : [];
  for (const { table, columns } of tables) {
    const texts = columns.map((column) => `ifNull(toString(${column}), '')`).join(", '\\n', ");
    const rows = await db.rows(
      `SELECT 1 FROM {{db}}.${table} WHERE multiSearchAny(concat(${texts}, ''), ['${sought.join("', '")}']) LIMIT 1`,
    );
    if (rows.length > 0) found.push(table);
  }
  return found.sort();
}

const VIEWS = ['companies', 'changes', 'list_spells', 'list_status', 'debtor_cases', 'debtor_case_companies'];

/** What the views say, without when it was stored. */
async function answers(where = 'true'): Promise<string> {
  const rows: unknown[] = [];
  for (const view of VIEWS) {
    const stored = view === 'changes' ? ' EXCEPT (stored_at, stored_day)' : '';
    rows.push(await db.rows(`SELECT *${stored} FROM {{db}}.${view} WHERE ${where} ORDER BY ALL`));
  }
  return JSON.stringify(rows);
}
const mutations = async () =>
  (await db.rows<{ n: number }>("SELECT count() AS n FROM system.mutations WHERE database = '{{db}}'"))[0]!.n;

const DERIVED_FROM_TEXTS = [
  'company_identities',
  'company_states',
  'debtor_case_reports',
  'debtor_case_states',
  'list_entries',
];

/** What a second run must not change. */
const state = async () => [await answers(), await mutations()];
const RECORD_TABLES = ['change_log', 'record_current', 'record_history'];

it('a company goes from all tables, and the views say the same of the others', async () => {
  expect(await holders(shop.corpKeyNo)).toEqual([...RECORD_TABLES, ...DERIVED_TABLES].sort());
  const ofOthers = "corp_key_no = 'other'";
  const views = VIEWS.filter((view) => view !== 'debtor_cases');
  const before = await Promise.all(views.map((view) => db.rows(`SELECT * FROM {{db}}.${view} WHERE ${ofOthers}`)));
  expect(await erase(COMPANY)).toEqual({ occurrences: 3, deadLetters: 0 });
  expect(await holders(shop.corpKeyNo, SHOP, '张三', shop.creditCode, shop.regNo, PSEUDONYM)).toEqual([]);
  const after = await Promise.all(views.map((view) => db.rows(`SELECT * FROM {{db}}.${view} WHERE ${ofOthers}`)));
  expect(after).toEqual(before);
  expect(await db.rows('SELECT case_id, companies FROM {{db}}.debtor_cases')).toEqual([
    { case_id: 'shared-case', companies: 1 },
  ]);
});

it('a second erasure of a company changes nothing', { tags: 'whole' }, async () => {
  await erase(COMPANY);
  const once = await state();
  expect(await erase(COMPANY)).toEqual({ occurrences: 0, deadLetters: 0 });
  expect(await state()).toEqual(once);
});

describe('a case whose newest report goes', () => {
  const newest = { ...shared, anno: '张三案', amount: '30.00', executeStatus: '全部已履行' };
  const next = recordRow({
    ...{ corpKeyNo: 'third', position: 5, id: 'third-debtor', type: '11', ...enriched },
    dishonestDebtors: [{ ...shared, anno: '王五案', amount: '20.00' }],
  });
  const cases = () =>
    db.rows('SELECT corp_key_no, anno, amount FROM {{db}}.debtor_case_companies ORDER BY corp_key_no');
  const ofCustomers = () =>
    db.rows(
      'SELECT corp_key_no, anno, amount FROM {{db}}.portfolio_case_states ORDER BY version DESC LIMIT 1 BY corp_key_no',
    );
  const BEFORE = { corp_key_no: 'other', anno: '张三案', amount: 30 };
  const AFTER = { corp_key_no: 'other', anno: '王五案', amount: 20 };
  const ofThird = { corp_key_no: 'third' };

  beforeEach(async () => {
    await db.insert('portfolio_companies', [
      { account: 'main', corp_key_no: 'other', kind: 'NAME', value: '示例有限公司', added_at: 0 },
    ]);
    await db.insert('record_history', [
      next,
      recordRow({ ...shop, position: 6, id: 'debtor', type: '11', ...enriched, dishonestDebtors: [newest] }),
    ]);
    expect([await cases(), await ofCustomers()]).toEqual([
      [BEFORE, { ...BEFORE, corp_key_no: 'shop-key' }, { ...BEFORE, ...ofThird }],
      [BEFORE],
    ]);
  });

  const expectErased = async () => {
    expect([await cases(), await ofCustomers()]).toEqual([[AFTER, { ...AFTER, ...ofThird }], [AFTER]]);
    expect(await holders('张三', shop.corpKeyNo)).toEqual([]);
  };

  it('has the values of the next one again, also for customers', async () => {
    await erase(COMPANY);
    await expectErased();
  });

  it.each([
    ['the first derived rows are deleted', /\.company_states\S* DELETE/],
    ['the reports are deleted', /\.debtor_case_reports\S* DELETE/],
  ])('has them although the sink copies it once more before %s', { tags: 'whole' }, async (_, statement) => {
    const share = () => shareDebtorCases(db, [{ account: 'main', corpKeyNo: 'other' }]);
    await erase(COMPANY, doBefore(statement, share));
    await expectErased();
  });

  it('has them although a batch that had read it ends late', { tags: 'whole' }, async () => {
    const copied = await db.rows(
      "SELECT * REPLACE (toString(version) AS version) FROM {{db}}.debtor_case_states FINAL WHERE corp_key_no = 'other'",
    );
    await erase(COMPANY, db, () => db.insert('debtor_case_states', copied));
    await expectErased();
  });

  it('goes with a name that is erased at its company only', { tags: 'whole' }, async () => {
    await erase({ ...PERSON, ...COMPANY });
    expect(await holders('张三')).toEqual([]);
    expect(await cases()).toEqual([
      { ...BEFORE, anno: '※※案' },
      { ...BEFORE, anno: '※※案', corp_key_no: 'shop-key' },
      { ...BEFORE, anno: '※※案', ...ofThird },
    ]);
  });
});

it("a person's name goes from all tables, and the views say the rest as before", { tags: 'whole' }, async () => {
  expect(await holders('张三')).toEqual([...RECORD_TABLES, ...DERIVED_FROM_TEXTS].sort());
  const before = await answers();
  expect(await erase(PERSON)).toEqual({ occurrences: 3, deadLetters: 0 });
  expect(await holders('张三', PSEUDONYM)).toEqual([]);
  expect(await answers()).toBe(before.replaceAll('张三', '※※'));
  expect(await db.rows('SELECT count() AS n FROM {{db}}.erasing_companies')).toEqual([{ n: 0 }]);
  const once = await state();
  expect(await erase(PERSON)).toEqual({ occurrences: 0, deadLetters: 0 });
  expect(await state()).toEqual(once);
});

it('a name does not come back with rows of change_log that the sink copies while it does not know of the erasure', {
  tags: 'whole',
}, async () => {
  const copied = await db.rows(
    "SELECT * REPLACE (toString(version) AS version, toString(change_version) AS change_version) FROM {{db}}.change_log WHERE corp_key_no = 'shop-key'",
  );
  const passes = [() => db.insert('change_log', copied), async () => {}];
  await erase(PERSON, db, async () => await passes.shift()!());
  expect(passes).toEqual([]);
  expect(await holders('张三')).toEqual([]);
});

it('an older push that comes while its company is being erased counts as the first push', {
  tags: 'whole',
}, async () => {
  const earlier = recordRow({ corpKeyNo: 'shop-key', id: 'listed', orderNo: 'DD0', pushDate: T0 - 86_400_000 });
  const passes = [async () => {}, () => db.insert('record_history', [earlier])];
  await erase(PERSON, db, async () => await passes.shift()!());
  expect(await db.rows("SELECT order_no, is_repeat FROM {{db}}.changes WHERE id = 'listed' ORDER BY order_no")).toEqual(
    [
      { order_no: 'DD0', is_repeat: false },
      { order_no: 'DD1', is_repeat: true },
    ],
  );
});

it('an older push that comes while an erasure is cut off counts, also of a company that only shares a case', {
  tags: 'whole',
}, async () => {
  await shareDebtorCases(db, [{ account: 'main', corpKeyNo: shop.corpKeyNo }]);
  const cutOff = doBefore(/change_amendments\S* DELETE/, () => Promise.reject(new Error('cut off')));
  await expect(erase(COMPANY, cutOff)).rejects.toThrow('cut off');
  await db.insert('record_history', [
    recordRow({ corpKeyNo: 'other', position: 4, id: 'other-listed', orderNo: 'DD0', pushDate: T0 - 86_400_000 }),
  ]);
  // As if it had been noted long before the erasure is run again.
  await db.client.command({ query: `TRUNCATE TABLE ${db.database}.change_amendments` });
  await erase(COMPANY);
  expect(
    await db.rows("SELECT order_no, is_repeat FROM {{db}}.changes WHERE id = 'other-listed' ORDER BY order_no"),
  ).toEqual([
    { order_no: 'DD0', is_repeat: false },
    { order_no: 'DD1', is_repeat: true },
  ]);
});

it('a name that merges dropped from the records is erased from the derived rows and from the copies for customers', {
  tags: 'whole',
}, async () => {
  const customer = { account: 'main', corp_key_no: 'shop-key', kind: 'CREDIT_CODE', value: shop.creditCode };
  await db.insert('portfolio_members', [
    toPortfolioMemberRow(
      {
        ...{ account: 'main', portfolio: 'default', member: shop.creditCode, creditCode: shop.creditCode, regNo: null },
        ...{ name: null, attributes: {}, loadedAt: T0, removed: false, companies: [], matchedBy: null },
      },
      { topic: 'portfolio', partition: 0, offset: '0', timestamp: String(T0) },
    ),
  ]);
  await db.insert('portfolio_companies', [{ ...customer, added_at: 0 }]);
  await db.client.command({
    query: `ALTER TABLE ${db.database}.record_history UPDATE corp_name = '※※服装店', change_content = '', exceptions = [],
      dishonest_debtors = [] WHERE corp_key_no = 'shop-key' SETTINGS mutations_sync = 2`,
  });
  for (const table of ['record_current', 'change_log', 'portfolio_log']) {
    await db.client.command({ query: `TRUNCATE TABLE ${db.database}.${table}` });
  }
  expect(await erase(PERSON)).toEqual({ occurrences: 0, deadLetters: 0 });
  expect(await holders('张三')).toEqual([]);
  for (const view of ['companies', 'portfolio_status']) {
    expect(await db.rows(`SELECT corp_name FROM {{db}}.${view} WHERE corp_key_no = 'shop-key'`)).toEqual([
      { corp_name: '※※服装店' },
    ]);
  }
});

/** A client that runs a step before its first statement that matches. */
function doBefore(statement: RegExp, step: () => Promise<void>): RowsDeps {
  let isDone = false;
  const client = new Proxy(db.client, {
    get: (target, name) =>
      name !== 'command' && name !== 'insert'
        ? Reflect.get(target, name)
        : async (params: { query?: string; table?: string }) => {
            if (!isDone && statement.test(`${params.query ?? 'INSERT INTO'} ${params.table ?? ''}`)) {
              isDone = true;
              await step();
            }
            return await target[name as 'command'](params as never);
          },
  });
  return { ...db, client };
}

const cutOff = (statement: RegExp) => doBefore(statement, () => Promise.reject(new Error('cut off')));

describe('a run that is cut off is finished by the next one,', { tags: 'whole' }, () => {
  const LAST_RECORDS: [string, RegExp] = ['the last records', /\.change_log\S* DELETE/];
  const NOTE: [string, RegExp] = ['the note', /\.erasing_companies\S* DELETE/];

  it.each([
    LAST_RECORDS,
    ['the first derived rows', /\.company_states\S* DELETE/],
    ['what they are derived again into', /INSERT INTO \S*\.list_entries/],
    NOTE,
  ])('of a person, if it ended before it changed %s', async (_, statement) => {
    const before = (await answers()).replaceAll('张三', '※※');
    await expect(erase(PERSON, cutOff(statement))).rejects.toThrow('cut off');
    await erase(PERSON);
    expect(await holders('张三')).toEqual([]);
    expect(await answers()).toBe(before);
  });

  it.each([LAST_RECORDS, ['the last derived rows', /\.debtor_case_states\S* DELETE/], NOTE])(
    'of a company, if it ended before it changed %s',
    async (_, statement) => {
      await expect(erase(COMPANY, cutOff(statement))).rejects.toThrow('cut off');
      await erase(COMPANY);
      expect(await holders(shop.corpKeyNo)).toEqual([]);
    },
  );
});

it.each([
  ['before the old rows are deleted', /\.company_states\S* DELETE/],
  ['before the rows are derived again', /INSERT INTO \S*\.company_states/],
])('what the sink stores %s is there afterwards', { tags: 'whole' }, async (_, statement) => {
  const late = recordRow({
    ...{
      ...shop,
      corpName: '※※服装店',
      pseudonym: null,
      position: 9,
      id: 'late',
      pushDate: T0 + 86_400_000,
      type: '10',
    },
    ...{ changeContent: '被列入严重违法', eventDate: 20_500 },
  });
  await erase(
    PERSON,
    doBefore(statement, () => db.insert('record_history', [late])),
  );
  expect(await db.rows("SELECT on_violation_list FROM {{db}}.companies WHERE corp_key_no = 'shop-key'")).toEqual([
    { on_violation_list: 1 },
  ]);
  expect(await holders('张三')).toEqual([]);
});

it('each table is derived again by the query of its view', async () => {
  const selectOf = async (view: string) => {
    const [row] = await db.rows<{ query: string }>(
      `SELECT as_select AS query FROM system.tables WHERE database = '{{db}}' AND name = '${view}'`,
    );
    return row!.query.replaceAll('.record_derivations', '.record_history');
  };
  const facts = await selectOf('record_facts_feed');
  const format = (query: string) => query.replaceAll('{{database}}', db.database).replaceAll("'", "''");
  for (const table of DERIVED_TABLES) {
    const select = await selectOf(`${table}_feed`);
    const ofView = select.replaceAll(`${db.database}.record_facts`, () => `(${facts})`);
    const rows = await db.rows(
      `SELECT formatQuery('${format(ofView)}') = formatQuery('${format(renderDerivation(table))}') AS same`,
    );
    expect([table, rows]).toEqual([table, [{ same: 1 }]]);
  }
});
