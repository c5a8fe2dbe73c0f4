import { debtorRow } from 'qcc-details/testing/details';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { DAY_MS, day, openSinkDatabase, type RecordFields, recordRow, type SinkDatabase } from './sink-database.ts';

const FIRST_PUSH = Date.parse('2026-09-01T00:00:00+08:00');

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());
beforeEach(() => db.empty());

/** A record for each, pushed a day after the one before, in one insert or with an insert for each, the last one first. */
async function push(how: 'at once' | 'reversed', records: RecordFields[]): Promise<void> {
  const rows = records.map((record, nth) =>
    recordRow({ position: nth, orderNo: `DD${nth}`, pushDate: FIRST_PUSH + nth * DAY_MS, ...record }),
  );
  if (how === 'at once') return db.insert('record_history', rows);
  for (const row of rows.reverse()) await db.insert('record_history', [row]);
}

const fake = (id: string, changed: string | null, changeContent: string): RecordFields => ({
  id,
  type: '15',
  changeContent,
  changeDate: changed === null ? null : day(changed),
});
const revoked = (changed: string | null, on: string | null): RecordFields => ({
  id: 'a',
  type: '1',
  changeContent: '在营变更为吊销',
  changeDate: changed === null ? null : day(changed),
  eventDate: on === null ? null : day(on),
});
const debtors = (id: string, changeContent: string, cases: string[]): RecordFields => ({
  id,
  type: '11',
  changeContent,
  changeDate: day('2026-08-01'),
  detailStatus: 'ENRICHED',
  detailsFetchedAt: FIRST_PUSH,
  dishonestDebtors: cases.map((each) => debtorRow({ id: each })),
});

const UNKNOWN_CASE = debtorRow({
  id: 'd1',
  publicDate: day('1900-01-01'),
  executeStatus: '全部未履行',
});

it.each<[string, RecordFields[], string, Record<string, unknown>[]]>([
  [
    'is not 假冒国企 after a removal, even if its old listing is pushed again',
    [
      fake('a', '2026-07-01', '被列入假冒国企名单'),
      fake('b', '2026-08-01', '被移出假冒国企名单'),
      fake('a', '2026-07-01', '被列入假冒国企名单'),
    ],
    'SELECT risk_state FROM {{db}}.companies',
    [{ risk_state: '未见在列信息' }],
  ],
  [
    'is not 假冒国企 after a removal, even if its listing had no date',
    [fake('a', null, '被列入假冒国企名单'), fake('b', '2026-08-20', '被移出假冒国企名单')],
    'SELECT risk_state FROM {{db}}.companies',
    [{ risk_state: '未见在列信息' }],
  ],
  [
    'is 假冒国企 again if it is removed and listed on the same day',
    [fake('a', '2026-08-20', '被移出假冒国企名单'), fake('b', '2026-08-20', '被列入假冒国企名单')],
    'SELECT risk_state FROM {{db}}.companies',
    [{ risk_state: '假冒国企' }],
  ],
  [
    'was revoked on the day in the text, which came with the second push',
    [revoked('2026-03-13', null), revoked('2026-03-13', '2020-12-03')],
    'SELECT revoked_day, risk_state FROM {{db}}.companies',
    [{ revoked_day: '2020-12-03', risk_state: '吊销或注销' }],
  ],
  [
    'was revoked on the day of the update, if no record names another',
    [revoked('2026-03-13', null)],
    'SELECT revoked_day FROM {{db}}.companies',
    [{ revoked_day: '2026-03-13' }],
  ],
  [
    'was revoked on the last day that a record names, even if a record about an earlier day comes again',
    [
      revoked('2019-05-02', '2019-05-01'),
      { ...revoked('2026-03-13', '2026-03-13'), id: 'b' },
      revoked('2019-05-02', '2019-05-01'),
    ],
    'SELECT revoked_day FROM {{db}}.companies',
    [{ revoked_day: '2026-03-13' }],
  ],
  [
    'was revoked on the day of the first push, if its record has no day',
    [revoked(null, null), revoked(null, null)],
    'SELECT revoked_day, risk_state FROM {{db}}.companies',
    [{ revoked_day: '2026-09-01', risk_state: '吊销或注销' }],
  ],
  [
    'was revoked on the update date if the event date is 1900-01-01, which means no date',
    [revoked('2026-03-13', '1900-01-01')],
    'SELECT revoked_day, risk_state FROM {{db}}.companies',
    [{ revoked_day: '2026-03-13', risk_state: '吊销或注销' }],
  ],
  [
    'has its revocation in its timeline on the update date if the event date is 1900-01-01',
    [revoked('2026-03-13', '1900-01-01')],
    'SELECT day, day_means FROM {{db}}.company_timeline',
    [{ day: '2026-03-13', day_means: '更新日期' }],
  ],
  [
    'has its revocation in its timeline on the day of the push if all dates are 1900-01-01',
    [revoked('1900-01-01', '1900-01-01')],
    'SELECT day, day_means FROM {{db}}.company_timeline',
    [{ day: '2026-09-01', day_means: '推送日期' }],
  ],
  [
    'has a case without a court, an amount and a day of publication in its timeline, on the day of the push',
    [{ ...debtors('a', '新增1条失信被执行人', []), dishonestDebtors: [UNKNOWN_CASE] }],
    "SELECT day, day_means, content FROM {{db}}.company_timeline WHERE evidence = 'DETAILS'",
    [{ day: '2026-09-01', day_means: '推送日期', content: '全部未履行，涉案金额未提供' }],
  ],
  [
    'has a text about fewer 失信 cases in its timeline',
    [debtors('a', '新增1条失信被执行人', ['d1']), debtors('b', '减少1条失信被执行人', ['d2'])],
    "SELECT event, content FROM {{db}}.company_timeline WHERE evidence = 'TEXT'",
    [{ event: '失信被执行人', content: '减少1条失信被执行人' }],
  ],
  ...(
    [
      ['of a zone of a municipality', { creditCode: '911103026605015136' }, '北京市', '北京市'],
      ['that a municipality registered itself', { creditCode: '91310000132260250X' }, '上海市', '上海市'],
      ['whose city has another code today', { creditCode: '914108811322602508' }, '河南省', '济源市'],
      ['that was registered in Chongqing before 1997', { regNo: '5102000000123' }, '重庆市', '重庆市'],
      ['whose old number has a code that another county has today', { regNo: '4690270000123' }, '海南省', null],
    ] as const
  ).map(([which, identity, province, city]): [string, RecordFields[], string, Record<string, unknown>[]] => [
    `${which} has its province and city`,
    [{ id: 'a', type: '3', creditCode: null, regNo: null, ...identity }],
    'SELECT province, city FROM {{db}}.companies',
    [{ province, city }],
  ]),
  [
    'whose name is written with other brackets and blanks was not renamed',
    [
      { id: 'a', type: '3', corpName: '深圳甲投资企业(有限合伙)' },
      { id: 'b', type: '3', corpName: '深圳 乙投资企业(有限合伙)' },
      { id: 'c', type: '3', corpName: '深圳甲投资企业（有限合伙）' },
      { id: 'd', type: '3', corpName: '深圳甲投资企业 （有限合伙）' },
    ],
    'SELECT corp_name, former_names FROM {{db}}.companies',
    [{ corp_name: '深圳甲投资企业 （有限合伙）', former_names: ['深圳 乙投资企业(有限合伙)'] }],
  ],
  [
    'has the name that a replay of the same push corrected',
    [
      { id: 'a', type: '3', orderNo: 'DD0', pushDate: FIRST_PUSH, corpName: '甲科技有限公司' },
      {
        id: 'a',
        type: '3',
        orderNo: 'DD0',
        pushDate: FIRST_PUSH,
        revision: 1,
        position: 0,
        corpName: '乙科技有限公司',
      },
    ],
    'SELECT corp_name, toString(last_seen_at) AS last FROM {{db}}.companies',
    [{ corp_name: '乙科技有限公司', last: '2026-09-01 00:00:00.000' }],
  ],
])('a company %s', async (_, records, query, expected) => {
  for (const how of ['at once', 'reversed'] as const) {
    await db.empty();
    await push(
      how,
      records.map((each) => ({ typeName: each.type === '11' ? '失信被执行人' : null, ...each })),
    );
    expect(await db.rows(query)).toEqual(expected);
  }
});
