import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { changeRecord } from 'qcc-core/testing/change-record';
import { NO_LISTS } from 'qcc-details/details';
import { debtorRow, exceptionRow, violationRow } from 'qcc-details/testing/details';
import { expect, it } from 'vitest';
import { changedColumns, digestRow } from './occurrence.ts';
import { toChangeColumns, toDetailColumns } from './record-columns.ts';

const enriched: EnrichedRecord = {
  record: changeRecord({
    id: 'r1',
    corpKeyNo: 'k1',
    corpName: '示例商行',
    type: '11',
    typeName: '失信被执行人',
    category: '1',
    categoryName: '高风险信息',
    changeContent: '新增失信被执行人',
    changeExtend: '{"date":"2021-03-16"}',
    eventDate: 18_702,
    changeDate: null,
    checkId: 'c1',
    extra: { novel: '"x"' },
    orderNo: 'DD1',
    position: 7,
    pushDate: 1_615_884_598_123,
    archiveSha256: 'ab',
  }),
  detailStatus: 'ENRICHED',
  detailReason: null,
  detailsFetchedAt: 1_615_884_599_001,
  detailsTotal: 1,
  detailsTruncated: false,
  detailsComplete: true,
  detailsIncompleteReason: null,
  detailsOddRows: 0,
  ...NO_LISTS,
  exceptions: [
    exceptionRow({ addReason: '未公示', addDate: 949_334_400_000, decisionOffice: '市监局', addDateRaw: '949334400' }),
  ],
  seriousViolations: [violationRow({ addDate: -3 })],
  dishonestDebtors: [
    debtorRow({
      id: 'd1',
      anno: '(2020) 京 1 号',
      annoNormalized: '（2020）京1号',
      lianDate: 18_000,
      amount: '999999999999999999.99',
      amountRaw: '999999999999999999.99',
    }),
  ],
  version: new Uint8Array(32).fill(0xff),
};
/** All columns of one message. */
const columnsOf = ({ record, ...details }: EnrichedRecord) => ({
  ...toChangeColumns(record),
  ...toDetailColumns(details),
});

it('flattens a message under snake_case names and keeps every number exact', () => {
  expect(columnsOf(enriched)).toMatchObject({
    id: 'r1',
    corp_key_no: 'k1',
    event_date: 18_702,
    change_date: null,
    push_date: 1_615_884_598_123,
    details_fetched_at: 1_615_884_599_001,
    extra: { novel: '"x"' },
    exceptions: [{ add_reason: '未公示', add_date: 949_334_400_000, remove_date: null }],
    exceptions_add_date_raw: ['949334400'],
    exceptions_extra: [null],
    details_complete: true,
    serious_violations: [{ add_date: -3 }],
    dishonest_debtors: [{ id: 'd1', anno_normalized: '（2020）京1号', amount: '999999999999999999.99' }],
    version: (2n ** 256n - 1n).toString(),
    source: 'callback',
  });
});

it('carries every field of the schema: one column each, and one for each field of details that came later', () => {
  const { record, ...rest } = enriched;
  const fields = Object.keys({ ...record, ...rest });
  const columns = fields.map((field) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const later = [
    ...['add_date_raw', 'remove_date_raw', 'extra'].map((field) => `exceptions_${field}`),
    ...['add_date_raw', 'extra'].map((field) => `serious_violations_${field}`),
    ...['execute_no_normalized', 'lian_date_raw', 'public_date_raw', 'extra'].map(
      (field) => `dishonest_debtors_${field}`,
    ),
  ];
  expect(Object.keys(columnsOf(enriched)).sort()).toEqual([...columns, ...later].sort());
});

it('finds a field of a message that its folder does not name', () => {
  const row = { ...exceptionRow({}), novel: 'x' };
  expect(columnsOf({ ...enriched, exceptions: [row] })).toMatchObject({ exceptions: [{ novel: 'x' }] });
});

it('compares a message of an earlier version with a row of that time, which holds nothing in later columns', () => {
  const message = { ...columnsOf(enriched), exceptions_add_date_raw: [null], exceptions_remove_date_raw: [null] };
  const row = { ...message, exceptions_add_date_raw: [], exceptions_remove_date_raw: [] };
  expect(changedColumns(digestRow(message), digestRow(row))).toEqual([]);
  const other = { ...message, exceptions_add_date_raw: ['x'] };
  expect(changedColumns(digestRow(message), digestRow(other))).toEqual(['exceptions_add_date_raw']);
});
