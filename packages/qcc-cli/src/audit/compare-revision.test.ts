import { expect, test } from 'vitest';
import {
  type AuditedPlace,
  compareRevision,
  type Difference,
  findNotWhole,
  type PlaceDifference,
} from './compare-revision.ts';
import { COLUMNS, digestChange, digestRecord, digestRow, digestTruncatedRow } from './occurrence.ts';

const row = (position: number, changes: object = {}) => ({
  ...(Object.fromEntries(COLUMNS.map((column) => [column, `${column} ${position}`])) as Parameters<
    typeof digestRow
  >[0]),
  ...changes,
});

type Held = number | { position: number; copies?: number; changes?: object };

const place = (
  name: string,
  digest: (held: ReturnType<typeof row>) => string,
  holds: readonly Held[],
): AuditedPlace => ({
  name,
  occurrences: new Map(
    holds.map((held) => {
      const { position, copies = 1, changes = {} } = typeof held === 'number' ? { position: held } : held;
      return [position, { copies, digest: digest(row(position, changes)) }];
    }),
  ),
});

function compare(holdings: {
  archive?: Held[];
  records?: Held[];
  enriched?: Held[];
  table?: Held[];
  parsed?: number[];
  rejected?: number[];
}) {
  const all = [0, 1, 2];
  const records = place('records', digestRecord, holdings.records ?? all);
  return compareRevision({
    places: [
      place('archive', digestChange, holdings.archive ?? all),
      records,
      place('enriched', digestRow, holdings.enriched ?? all),
      place('table', digestRow, holdings.table ?? all),
    ],
    ledger: { parsed: holdings.parsed ?? all, against: records },
    mayBeAbsent: (position) => holdings.rejected?.includes(position) ?? false,
  });
}

const difference = (
  kind: PlaceDifference['kind'],
  positions: number[],
  place: string,
  against: string | null,
  columns: string[] = [],
) => ({
  kind,
  positions,
  place,
  against,
  columns,
});

test.each<[string, Parameters<typeof compare>[0], Difference[]]>([
  ['nothing where all agree', {}, []],
  ['a row that the table lacks', { table: [0, 2] }, [difference('MISSING', [1], 'table', 'enriched')]],
  ['nothing of a row that was rejected and is known as such', { table: [0, 2], rejected: [1] }, []],
  [
    'a record that was published though the archive has none there',
    { archive: [0, 1] },
    [difference('UNEXPECTED', [2], 'records', 'archive')],
  ],
  [
    'a doubled record, once',
    { records: [0, { position: 1, copies: 2 }, 2] },
    [difference('DOUBLED', [1], 'records', null)],
  ],
  [
    'the columns that changed, positions with the same ones together',
    {
      table: [
        { position: 0, changes: { corp_name: 'other' } },
        { position: 1, changes: { exceptions: [], corp_name: 'other' } },
        { position: 2, changes: { corp_name: 'other' } },
      ],
    },
    [
      difference('CHANGED', [0, 2], 'table', 'enriched', ['corp_name']),
      difference('CHANGED', [1], 'table', 'enriched', ['corp_name', 'exceptions']),
    ],
  ],
  [
    'a change only where both places hold the column',
    { archive: [{ position: 0, changes: { archive_sha256: 'rebuilt', corp_name: 'other' } }, 1, 2] },
    [difference('CHANGED', [0], 'records', 'archive', ['corp_name'])],
  ],
  [
    'what the ledger counts and the topic does not hold',
    { parsed: [0, 1, 2, 3] },
    [difference('MISSING', [3], 'records', 'the ledger')],
  ],
  [
    'what the topic holds and the ledger does not count',
    { parsed: [0, 1] },
    [difference('UNEXPECTED', [2], 'records', 'the ledger')],
  ],
])('finds %s', (_name, holdings, expected) => {
  expect(compare(holdings)).toEqual(expected);
});

test('detail rows that did not fit into the message are not compared, but the row in the table must not be truncated', () => {
  const message = place('enriched', (held) => digestTruncatedRow({ ...held, details_truncated: true }), [0, 1]);
  const rows = place('table', digestRow, [
    { position: 0, changes: { details_truncated: false, dishonest_debtors: [{ id: 'd1' }] } },
    { position: 1, changes: { details_truncated: true } },
  ]);
  const ledger = { parsed: [0, 1], against: message };
  expect(compareRevision({ places: [message, rows], ledger, mayBeAbsent: () => false })).toEqual([
    difference('CHANGED', [1], 'table', 'enriched', ['details_truncated']),
  ]);
});

test.each<[string, unknown, unknown]>([
  ['the order of members', { b: '1', a: '2' }, { a: '2', b: '1' }],
  ['trailing zeros of an amount', [{ amount: '12.50' }], [{ amount: '12.5' }]],
  ['a whole amount', [{ amount: '100.00' }], [{ amount: '100' }]],
])('%s makes no difference', (_name, one, other) => {
  expect(digestRow(row(0, { extra: one }))).toBe(digestRow(row(0, { extra: other })));
});

test.each<[string, unknown, unknown]>([
  ['amounts', [{ amount: '100' }], [{ amount: '1' }]],
  ['null and empty text', null, ''],
  ['a number and its text', 1, '1'],
])('%s that differ do', (_name, one, other) => {
  expect(digestRow(row(0, { extra: one }))).not.toBe(digestRow(row(0, { extra: other })));
});

const MISSING = [
  { first: 3, last: 3 },
  { first: 5, last: 5 },
];

test.each<[string, string | null, Difference[]]>([
  ['COMPLETE', null, []],
  ['DETAILS_PENDING', null, []],
  ['INCOMPLETE', 'RECORDS_REJECTED', []],
  ['INCOMPLETE', 'COUNT_MISMATCH', [notWhole('INCOMPLETE (COUNT_MISMATCH): 6 declared, 4 parsed, 1 rejected')]],
  ['INCOMPLETE', 'UNDECLARED', [notWhole('INCOMPLETE (UNDECLARED): 6 declared, 4 parsed, 1 rejected')]],
  ['INCOMPLETE', 'UNCONFIRMED', [notWhole('INCOMPLETE (UNCONFIRMED): 6 declared, 4 parsed, 1 rejected')]],
  ['INCOMPLETE', 'OVERDUE', [notWhole('INCOMPLETE (OVERDUE): 6 declared, 4 parsed, 1 rejected')]],
  ['FAILED', 'ARCHIVE_DAMAGED', [notWhole('FAILED (ARCHIVE_DAMAGED): 6 declared, 4 parsed, 1 rejected')]],
])('an order that is %s, for %s', (status, reason, expected) => {
  expect(findNotWhole({ status, reason, declared: 6, parsed: 4, rejected: 1, missingRanges: MISSING })).toEqual(
    expected,
  );
});

test.each<[string, number | undefined, Difference[]]>([
  ['under way', undefined, []],
  [
    'stalled',
    Date.UTC(2026, 10, 24),
    [notWhole('STORING (no progress since 2026-11-24T00:00:00.000Z): 6 declared, 4 parsed, 1 rejected')],
  ],
  ['stalled without facts', 0, [notWhole('STORING (no fact about it): 6 declared, 4 parsed, 1 rejected')]],
])('an order that is %s', (_, stalledSince, expected) => {
  const standing = { status: 'STORING', reason: null, declared: 6, parsed: 4, rejected: 1, missingRanges: MISSING };
  expect(findNotWhole(standing, stalledSince)).toEqual(expected);
});

function notWhole(why: string): Difference {
  return { kind: 'NOT_WHOLE', ranges: MISSING, why };
}
