import type { RecordRow } from 'qcc-clickhouse/rows/write-records';
import { debtorRow } from 'qcc-details/testing/details';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DAY_MS, day, openSinkDatabase, type RecordFields, recordRow, type SinkDatabase } from './sink-database.ts';

const FIRST_PUSH = Date.parse('2026-09-01T00:00:00+08:00');

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

type Case = [sentence: string, records: RecordFields[], from: string, row: Record<string, unknown>];

const CASES: readonly Case[] = [
  [
    'is not 假冒国企 after a removal, even if its old listing is pushed again',
    [
      fake('a', '2026-07-01', '被列入假冒国企名单'),
      fake('b', '2026-08-01', '被移出假冒国企名单'),
      fake('a', '2026-07-01', '被列入假冒国企名单'),
    ],
    '{{db}}.companies',
    { risk_state: '未见在列信息' },
  ],
  [
    'is not 假冒国企 after a removal, even if its listing had no date',
    [fake('a', null, '被列入假冒国企名单'), fake('b', '2026-08-20', '被移出假冒国企名单')],
    '{{db}}.companies',
    { risk_state: '未见在列信息' },
  ],
  [
    'is 假冒国企 again if it is removed and listed on the same day',
    [fake('a', '2026-08-20', '被移出假冒国企名单'), fake('b', '2026-08-20', '被列入假冒国企名单')],
    '{{db}}.companies',
    { risk_state: '假冒国企' },
  ],
  [
    'was revoked on the day in the text, which came with the second push',
    [revoked('2026-03-13', null), revoked('2026-03-13', '2020-12-03')],
    '{{db}}.companies',
    { revoked_day: '2020-12-03', risk_state: '吊销或注销' },
  ],
  [
    'was revoked on the day of the update, if no record names another',
    [revoked('2026-03-13', null)],
    '{{db}}.companies',
    { revoked_day: '2026-03-13' },
  ],
  [
    'was revoked on the last day that a record names, even if a record about an earlier day comes again',
    [
      revoked('2019-05-02', '2019-05-01'),
      { ...revoked('2026-03-13', '2026-03-13'), id: 'b' },
      revoked('2019-05-02', '2019-05-01'),
    ],
    '{{db}}.companies',
    { revoked_day: '2026-03-13' },
  ],
  [
    'was revoked on the day of the first push, if its record has no day',
    [revoked(null, null), revoked(null, null)],
    '{{db}}.companies',
    { revoked_day: '2026-09-01', risk_state: '吊销或注销' },
  ],
  [
    'was revoked on the update date if the event date is 1900-01-01, which means no date',
    [revoked('2026-03-13', '1900-01-01')],
    '{{db}}.companies',
    { revoked_day: '2026-03-13', risk_state: '吊销或注销' },
  ],
  [
    'has its revocation in its timeline on the update date if the event date is 1900-01-01',
    [revoked('2026-03-13', '1900-01-01')],
    '{{db}}.company_timeline',
    { day: '2026-03-13', day_means: '更新日期' },
  ],
  [
    'has its revocation in its timeline on the day of the push if all dates are 1900-01-01',
    [revoked('1900-01-01', '1900-01-01')],
    '{{db}}.company_timeline',
    { day: '2026-09-01', day_means: '推送日期' },
  ],
  [
    'has a case without a court, an amount and a day of publication in its timeline, on the day of the push',
    [{ ...debtors('a', '新增1条失信被执行人', []), dishonestDebtors: [UNKNOWN_CASE] }],
    "(SELECT * FROM {{db}}.company_timeline WHERE evidence = 'DETAILS')",
    { day: '2026-09-01', day_means: '推送日期', content: '全部未履行，涉案金额未提供' },
  ],
  [
    'has a text about fewer 失信 cases in its timeline',
    [debtors('a', '新增1条失信被执行人', ['d1']), debtors('b', '减少1条失信被执行人', ['d2'])],
    "(SELECT * FROM {{db}}.company_timeline WHERE evidence = 'TEXT')",
    { event: '失信被执行人', content: '减少1条失信被执行人' },
  ],
  ...(
    [
      ['of a zone of a municipality', { creditCode: '911103026605015136' }, '北京市', '北京市'],
      ['that a municipality registered itself', { creditCode: '91310000132260250X' }, '上海市', '上海市'],
      ['whose city has another code today', { creditCode: '914108811322602508' }, '河南省', '济源市'],
      ['that was registered in Chongqing before 1997', { regNo: '5102000000123' }, '重庆市', '重庆市'],
      ['whose old number has a code that another county has today', { regNo: '4690270000123' }, '海南省', null],
    ] as const
  ).map(
    ([which, identity, province, city]): Case => [
      `${which} has its province and city`,
      [{ id: 'a', type: '3', creditCode: null, regNo: null, ...identity }],
      '{{db}}.companies',
      { province, city },
    ],
  ),
  [
    'whose name is written with other brackets and blanks was not renamed',
    [
      { id: 'a', type: '3', corpName: '深圳甲投资企业(有限合伙)' },
      { id: 'b', type: '3', corpName: '深圳 乙投资企业(有限合伙)' },
      { id: 'c', type: '3', corpName: '深圳甲投资企业（有限合伙）' },
      { id: 'd', type: '3', corpName: '深圳甲投资企业 （有限合伙）' },
    ],
    '{{db}}.companies',
    { corp_name: '深圳甲投资企业 （有限合伙）', former_names: ['深圳 乙投资企业(有限合伙)'] },
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
    '{{db}}.companies',
    { corp_name: '乙科技有限公司', last_seen_at: '2026-09-01 00:00:00.000' },
  ],
];

/** Each case uses two accounts that no other case uses. This lets a few inserts store the records of all cases. */
const WAYS = ['in one insert', 'in an insert for each record, the last one first'] as const;
const accountOf = (nth: number, way: (typeof WAYS)[number]): string => `case ${nth} ${way}`;

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
  const [atOnce, reversed] = WAYS.map((way) => CASES.map(([, records], nth) => rowsOf(records, accountOf(nth, way))));
  await db.insert('record_history', atOnce!.flat());
  for (let from = -1; reversed!.some((rows) => rows.at(from) !== undefined); from -= 1)
    await db.insert(
      'record_history',
      reversed!.flatMap((rows) => rows.at(from) ?? []),
    );
});
afterAll(() => db[Symbol.asyncDispose]());

/** Each record is pushed a day after the one before. */
const rowsOf = (records: readonly RecordFields[], account: string): RecordRow[] =>
  records.map((record, position) =>
    recordRow({
      account,
      position,
      orderNo: `DD${position}`,
      pushDate: FIRST_PUSH + position * DAY_MS,
      typeName: record.type === '11' ? '失信被执行人' : null,
      ...record,
    }),
  );

describe.each(WAYS)('stored %s,', (way) => {
  it.for([...CASES.entries()].map(([nth, [sentence]]) => [sentence, nth] as const))('a company %s', async ([, nth]) => {
    const [, , from, row] = CASES[nth]!;
    const query = `SELECT ${Object.keys(row)} FROM ${from} WHERE account = '${accountOf(nth, way)}'`;
    expect(await db.rows(query)).toEqual([row]);
  });
});
