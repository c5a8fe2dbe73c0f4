import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Dataset, nameOf } from '../../scripts/superset/assets/description.ts';
import { COMPANY_CHARTS, COMPANY_PROFILE } from '../../scripts/superset/list/company-profile.ts';
import { DATASETS } from '../../scripts/superset/list/datasets.ts';
import { debtor, openSinkDatabase, type RecordFields, recordRow, type SinkDatabase } from './sink-database.ts';

/** Which rows the charts of a company have after a choice in the dashboard's filter. */

let db: SinkDatabase;
const DAY_MS = 86_400_000;
const PUSHED = Date.parse('2026-03-16T09:00:00+08:00');

/** A change and, one day later, a case. */
const pushes = (company: RecordFields & { corpKeyNo: string }, day: number): RecordFields[] => [
  { ...company, id: `${company.corpKeyNo}-${day}`, orderNo: `DD${day}`, pushDate: PUSHED + day * DAY_MS },
  {
    ...company,
    id: `${company.corpKeyNo}-${day}-case`,
    orderNo: `DD${day + 1}`,
    type: '11',
    pushDate: PUSHED + (day + 1) * DAY_MS,
    detailStatus: 'ENRICHED',
    detailsFetchedAt: PUSHED + (day + 1) * DAY_MS,
    dishonestDebtors: [debtor({ id: `case-${company.corpKeyNo}-${day}` })],
  },
];
const RENAMED = 'aaaaaaaa11111111';
const NAMESAKES = ['bbbbbbbb11111111', 'cccccccc11111111'] as const;
const SHOP = 'dddddddd11111111';
const SHOP_CODE = '92110108MA00000007';
const NAME = { renamed: '新名科技有限公司', double: '同名贸易有限公司' };

beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
  const records = [
    ...pushes({ corpKeyNo: RENAMED, corpName: '旧名科技有限公司' }, 0),
    ...pushes({ corpKeyNo: RENAMED, corpName: NAME.renamed }, 10),
    ...NAMESAKES.flatMap((corpKeyNo) => pushes({ corpKeyNo, corpName: NAME.double }, 0)),
    ...pushes({ corpKeyNo: SHOP, corpName: '张三养殖合作社', creditCode: null, pseudonym: 'x1' }, 0),
    ...pushes({ corpKeyNo: SHOP, corpName: '张三养殖合作社', creditCode: SHOP_CODE, pseudonym: 'x1' }, 10),
  ];
  await db.insert(
    'record_history',
    records.map((record, position) => recordRow({ ...record, position })),
  );
});
afterAll(() => db[Symbol.asyncDispose]());

const sourceOf = ({ view, extended }: Dataset) =>
  extended?.sql.replaceAll('{db}', '{{db}}') ?? `SELECT * FROM {{db}}.${view}`;
const datasetOf = (name: string) => DATASETS.find((dataset) => nameOf(dataset) === name)!;
const choice = COMPANY_PROFILE.filters[0];
if (choice?.kind !== 'choice') throw new Error('the first filter of the dashboard is not that of companies');

/** What the filter offers for a company. */
const labelsOf = async (corpKeyNo: string): Promise<string[]> =>
  (
    await db.rows<{ label: string }>(
      `SELECT DISTINCT ${choice.column} AS label FROM (${sourceOf(datasetOf(choice.dataset))}) WHERE corp_key_no = '${corpKeyNo}'`,
    )
  ).map(({ label }) => label);
/** The companies of a chart's rows, and how many rows each has, after a choice. */
const shown = async (dataset: string, label: string) =>
  await db.rows<{ corp_key_no: string; rows: number }>(
    `SELECT corp_key_no, count() AS rows FROM (${sourceOf(datasetOf(dataset))}) WHERE ${choice.column} = '${label}' GROUP BY ALL`,
  );
const rowsOf = async (dataset: string, corpKeyNo: string) =>
  (
    await db.rows<{ rows: number }>(
      `SELECT count() AS rows FROM {{db}}.${datasetOf(dataset).view} WHERE corp_key_no = '${corpKeyNo}'`,
    )
  )[0]!.rows;

describe.each([
  { what: 'a renamed company', corpKeyNo: RENAMED, label: NAME.renamed },
  { what: 'a company with a namesake', corpKeyNo: NAMESAKES[0], label: `${NAME.double}（bbbbbbbb）` },
  { what: 'its namesake', corpKeyNo: NAMESAKES[1], label: `${NAME.double}（cccccccc）` },
  { what: 'a shop whose records sometimes lack its code', corpKeyNo: SHOP, label: '张※x1' },
])('the filter of companies, for $what', ({ corpKeyNo, label }) => {
  it('offers its current name once', async () => {
    expect(await labelsOf(corpKeyNo)).toEqual([label]);
  });

  it.each(COMPANY_CHARTS)('keeps all its rows and no others in $key', async ({ dataset }) => {
    const rows = await rowsOf(dataset, corpKeyNo);
    expect(rows).toBeGreaterThan(0);
    expect(await shown(dataset, label)).toEqual([{ corp_key_no: corpKeyNo, rows }]);
  });
});
