import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { shareDebtorCases } from 'qcc-clickhouse/rows/share-debtor-cases';
import { writeRecords } from 'qcc-clickhouse/rows/write-records';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { debtor, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

/** Cases that several companies report, at different times and with different values. */

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());
beforeEach(() => db.empty());

const PUSHED = Date.parse('2026-03-16T09:00:00+08:00');
const REPORTS = {
  'the older one': { corpKeyNo: 'first', minutes: 0, status: '全部未履行' },
  'the newer one': { corpKeyNo: 'second', minutes: 5, status: '全部已履行' },
  'one of a third company, between them': { corpKeyNo: 'third', minutes: 3, status: '部分未履行' },
};
type Report = keyof typeof REPORTS;

/** Stores a report as an insert of the sink does, before it shares the case. */
async function store(
  report: Report,
  given: { id?: string; minutes?: number; corpName?: string; status?: string } = {},
): Promise<void> {
  const { corpKeyNo, minutes, status, id, corpName } = {
    id: `record of ${REPORTS[report].corpKeyNo}`,
    ...REPORTS[report],
    ...given,
  };
  const row = recordRow({
    corpKeyNo,
    id,
    corpName: corpName ?? null,
    type: '11',
    pushDate: PUSHED + minutes * 60_000,
    detailStatus: 'ENRICHED',
    detailsFetchedAt: PUSHED + minutes * 60_000,
    dishonestDebtors: [debtor({ id: 'case', executeStatus: status })],
  });
  for (const table of ['record_history', 'record_derivations']) {
    expect(await insertRows(db, { table, rows: [row], write: writeRecords })).toEqual([]);
  }
}
const share = (report: Report) => shareDebtorCases(db, [{ account: 'main', corpKeyNo: REPORTS[report].corpKeyNo }]);
const statuses = async () =>
  (
    await db.rows<{ status: string }>(
      'SELECT execute_status AS status FROM {{db}}.debtor_case_companies ORDER BY corp_key_no',
    )
  ).map(({ status }) => status);

const [OLDER, NEWER, BETWEEN] = Object.keys(REPORTS) as [Report, Report, Report];
it.each([{ order: [OLDER, NEWER, BETWEEN] }, { order: [NEWER, OLDER, BETWEEN] }, { order: [BETWEEN, NEWER, OLDER] }])(
  'a case has the values of its newest report in each of its companies: $order',
  { tags: 'whole' },
  async ({ order }) => {
    for (const report of order) {
      await store(report);
      await share(report);
    }
    expect(await statuses()).toEqual(Array(3).fill('全部已履行'));
    const [totals] = await db.rows(
      'SELECT sum(unpaid_debtor_cases) AS unpaid, sum(debtor_cases) AS cases FROM {{db}}.companies',
    );
    expect(totals).toEqual({ unpaid: 0, cases: 3 });
  },
);

it("a company's row names its own newest report, also if a newer one of another company gave the values", async () => {
  const own = () =>
    db.rows(`SELECT corp_key_no, record_id, corp_name, formatDateTime(push_date, '%H:%i') AS pushed, toString(push_day) AS day,
      toString(details_fetched_day) AS fetched, execute_status AS status FROM {{db}}.debtor_case_companies ORDER BY corp_key_no`);
  const ofSecond = {
    ...{ corp_key_no: 'second', record_id: 'record of second', corp_name: null, pushed: '09:05', day: '2026-03-16' },
    ...{ fetched: '2026-03-16', status: '全部已履行' },
  };
  for (const report of [OLDER, NEWER]) {
    await store(report);
    await share(report);
  }
  const ofFirst = { ...ofSecond, corp_key_no: 'first', record_id: 'record of first', pushed: '09:00' };
  expect(await own()).toEqual([ofFirst, ofSecond]);
  await store(OLDER, { id: 'again', minutes: 4, corpName: '示例有限公司' });
  const again = { ...ofFirst, record_id: 'again', corp_name: '示例有限公司', pushed: '09:04' };
  expect(await own(), 'before the case is shared').toEqual([again, ofSecond]);
  await share(OLDER);
  expect(await own(), 'afterwards').toEqual([again, ofSecond]);
});

it('a report that is stored again with other values replaces the stored one, as by a rebuild after a correction', async () => {
  await store(NEWER, { corpName: '更正前' });
  await store(NEWER, { corpName: '更正后', status: '部分未履行' });
  await store(OLDER);
  await share(OLDER);
  expect(
    await db.rows('SELECT corp_name, execute_status FROM {{db}}.debtor_case_companies ORDER BY corp_key_no'),
  ).toEqual([
    { corp_name: null, execute_status: '部分未履行' },
    { corp_name: '更正后', execute_status: '部分未履行' },
  ]);
  expect(await db.rows('SELECT execute_status FROM {{db}}.debtor_cases')).toEqual([{ execute_status: '部分未履行' }]);
});

it('a case that another company has reported is not shown for a company before its own report is stored', async () => {
  await store(NEWER);
  const [copied] = await db.rows('SELECT * REPLACE (toString(version) AS version) FROM {{db}}.debtor_case_states');
  await db.insert('debtor_case_states', [{ ...copied, corp_key_no: 'first' }]);
  expect(await statuses()).toEqual(['全部已履行']);
});

it.each([{ last: OLDER }, { last: NEWER }])(
  'of two writers that have both stored their reports, either leaves the right values: $last',
  async ({ last }) => {
    await store(OLDER);
    await store(NEWER);
    await share(last);
    expect(await statuses()).toEqual(['全部已履行', '全部已履行']);
    await share(last);
    expect(await statuses(), 'again').toEqual(['全部已履行', '全部已履行']);
  },
);

it("the statement that shares cases holds no company's key", async () => {
  await store(OLDER);
  const queries: string[] = [];
  const client = new Proxy(db.client, {
    get: (target, name) =>
      name !== 'exec'
        ? Reflect.get(target, name)
        : (params: { query: string }) => {
            queries.push(params.query);
            return target.exec(params as never);
          },
  });
  await shareDebtorCases({ ...db, client }, [{ account: 'main', corpKeyNo: 'first' }]);
  expect(queries).toHaveLength(1);
  expect(queries[0]).not.toContain('first');
});
