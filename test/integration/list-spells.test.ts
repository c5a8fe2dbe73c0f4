import { READER_SETTINGS } from 'qcc-clickhouse/roles';
import type { RecordRow } from 'qcc-clickhouse/rows/write-records';
import { exceptionRow, violationRow } from 'qcc-details/testing/details';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DAY_MS, day, openSinkDatabase, type RecordFields, recordRow, type SinkDatabase } from './sink-database.ts';

const midnight = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());

type Pushed = RecordFields & { id: string };

/** The records of a company, each pushed a day after the one before. */
const rowsOf = (corpKeyNo: string, records: readonly Pushed[]): RecordRow[] =>
  records.map(({ id, ...record }, nth) =>
    recordRow({
      type: '2',
      ...{ corpKeyNo, id: `${id} of ${corpKeyNo}`, position: nth, orderNo: `DD${nth} of ${corpKeyNo}` },
      pushDate: midnight('2026-09-01') + nth * DAY_MS,
      detailsFetchedAt: record.detailStatus === undefined ? null : midnight('2026-09-01') + nth * DAY_MS,
      ...record,
    }),
  );
const insert = (rows: readonly RecordRow[]) => db.insert('record_history', rows);
const listed = (id: string, on: string | null, fields: RecordFields = {}): Pushed => ({
  id,
  changeContent: '被列入经营异常名录',
  eventDate: on === null ? null : day(on),
  ...fields,
});
const removed = (id: string, on: string, of: string | null, fields: RecordFields = {}): Pushed => ({
  id,
  changeContent: '被移出经营异常名录',
  changeDate: day(on),
  eventDate: of === null ? null : day(of),
  ...fields,
});
type Entry = { from?: string; until?: string; why?: string };
const response = (...entries: Entry[]): RecordFields => ({
  detailStatus: 'ENRICHED',
  exceptions: entries.map(({ from, until, why }) =>
    exceptionRow({
      addDate: from === undefined ? null : midnight(from),
      removeDate: until === undefined ? null : midnight(until),
      removeReason: why ?? null,
      decisionOffice: '市监局',
    }),
  ),
});
/** Entries of a response, each from a day to a day. */
const details = (...entries: [from: string, until?: string][]): RecordFields =>
  response(...entries.map(([from, until]) => ({ from, ...(until !== undefined && { until }) })));

/** Of 严重违法, whose details have no day of removal. */
const violation = (id: string, on: string, ...whole: string[]): Pushed => ({
  id,
  type: '10',
  changeContent: '被列入严重违法',
  eventDate: day(on),
  detailStatus: 'ENRICHED',
  seriousViolations: whole.map((addDate) => violationRow({ addDate: addDate === '' ? null : day(addDate) })),
});

const removedViolation = (id: string, on: string, of: string | null, fields: RecordFields): Pushed =>
  removed(id, on, of, { type: '10', changeContent: '被移出严重违法', ...fields });

const NO_RESULT = (fetchedOn: string): RecordFields => ({
  detailStatus: 'NO_RESULT',
  detailsFetchedAt: midnight(fetchedOn),
});

/** A version of the nth record, which may be there with other details, too. */
const nth = (at: number, pushedOn: string): RecordFields => ({
  ...{ orderNo: `DD ${at}`, position: at, pushDate: midnight(pushedOn) },
});

/** A listing without its details, and with details that were fetched three months later and know only a newer entry. */
const WITHOUT_DETAILS: Pushed = { ...violation('a', '2026-08-30'), ...nth(0, '2026-09-01'), detailStatus: 'PENDING' };
const LATE_DETAILS: Pushed = {
  ...violation('a', '2026-08-30', '2026-12-01'),
  ...nth(0, '2026-09-01'),
  detailsFetchedAt: midnight('2026-12-10'),
};

/** Details of 严重违法 that were fetched on a day, and list entries with these first days. */
const violationsOn = (fetchedOn: string, ...days: string[]): RecordFields => ({
  detailStatus: 'ENRICHED',
  detailsFetchedAt: midnight(fetchedOn),
  seriousViolations: days.map((addDate) => violationRow({ addDate: day(addDate) })),
});

const LATE_ROWS = violationsOn('2026-12-15', '2026-12-01');

/** The spells of each company. One query reads them all, because to plan it takes longer than to run it. */
async function readSpells(): Promise<ReadonlyMap<string, unknown[][]>> {
  const rows = await db.rows<{ corp_key_no: string }>(
    'SELECT corp_key_no, since_day, until_day, entries, evidence FROM {{db}}.list_spells ORDER BY since_day',
  );
  const groups = Map.groupBy(rows, ({ corp_key_no }) => corp_key_no);
  return new Map(
    [...groups].map(([company, spells]) => [
      company,
      spells.map(({ corp_key_no: _, ...spell }) => Object.values(spell)),
    ]),
  );
}

describe('on a list', () => {
  const cases: [what: string, records: Pushed[], expected: unknown[][]][] = [
    ['from a text on', [listed('a', '2026-01-05')], [['2026-01-05', null, 1, 'TEXT']]],
    [
      'until another record says that it was removed',
      [listed('a', '2026-01-05'), removed('b', '2026-03-01', '2026-01-05')],
      [['2026-01-05', '2026-03-01', 1, 'TEXT']],
    ],
    [
      'until the same record comes again and says so, without the day of the entry',
      [listed('a', '2026-01-05'), removed('a', '2026-03-01', null)],
      [['2026-01-05', '2026-03-01', 1, 'TEXT']],
    ],
    [
      'until the same record comes again and says so, with another day',
      [listed('a', '2026-01-05'), removed('a', '2026-03-01', '2026-02-01')],
      [['2026-01-05', '2026-03-01', 1, 'TEXT']],
    ],
    [
      'until the first of two pushes of one removal',
      [listed('a', '2026-01-05'), removed('b', '2026-03-01', '2026-01-05'), removed('b', '2026-04-01', '2026-01-05')],
      [['2026-01-05', '2026-03-01', 1, 'TEXT']],
    ],
    [
      'twice, if it is listed again after the removal',
      [listed('a', '2026-01-05'), removed('b', '2026-03-01', '2026-01-05'), listed('c', '2026-05-01')],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'once, if two entries overlap',
      [listed('a', '2026-01-05'), listed('b', '2026-02-01'), removed('c', '2026-03-01', '2026-02-01')],
      [['2026-01-05', null, 2, 'TEXT']],
    ],
    [
      'until the day that the details have',
      [listed('a', '2026-01-05', details(['2026-01-05', '2026-02-02']))],
      [['2026-01-05', '2026-02-02', 1, 'DETAILS']],
    ],
    [
      'as the details say, which know an entry that no text has',
      [listed('a', '2026-01-05', details(['2025-06-01', '2025-07-01'], ['2026-01-05']))],
      [
        ['2025-06-01', '2025-07-01', 1, 'DETAILS'],
        ['2026-01-05', null, 1, 'DETAILS'],
      ],
    ],
    [
      'until a text says that it was removed, which is the only one of the entry',
      [removed('b', '2026-03-01', '2026-01-05')],
      [['2026-01-05', '2026-03-01', 1, 'TEXT']],
    ],
    [
      'until another record says that it was removed, and names no day of listing',
      [listed('a', '2026-01-05'), removed('b', '2026-03-01', null)],
      [['2026-01-05', '2026-03-01', 1, 'TEXT']],
    ],
    [
      'until a text without a day says that it was removed, which ends the newest entry that was listed before',
      [
        listed('a', '2026-01-05'),
        removed('b', '2026-02-01', '2026-01-05'),
        listed('c', '2026-02-20'),
        removed('d', '2026-03-01', null),
        listed('e', '2026-04-01'),
      ],
      [
        ['2026-01-05', '2026-02-01', 1, 'TEXT'],
        ['2026-02-20', '2026-03-01', 1, 'TEXT'],
        ['2026-04-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'from the day that its details have, if the text names none',
      [listed('a', null, { changeDate: day('2026-01-09'), ...details(['2026-01-05']) })],
      [['2026-01-05', null, 1, 'DETAILS']],
    ],
    [
      'from the newest of the days that its details have, if the text names none',
      [listed('a', null, { changeDate: day('2026-01-09'), ...details(['2025-06-01', '2025-07-01'], ['2026-01-05']) })],
      [
        ['2025-06-01', '2025-07-01', 1, 'DETAILS'],
        ['2026-01-05', null, 1, 'DETAILS'],
      ],
    ],
    [
      'from the day of the details on, if these come later than a text without a day',
      [
        listed('a', null, { changeDate: day('2026-01-09'), detailStatus: 'PENDING' }),
        listed('a', null, { changeDate: day('2026-01-09'), ...details(['2026-01-05']) }),
      ],
      [['2026-01-05', null, 1, 'DETAILS']],
    ],
    [
      'twice, if a record says so, then that it was removed, and then that it is listed again',
      [listed('a', '2026-01-05'), removed('a', '2026-03-01', null), listed('a', '2026-05-01')],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'from the first push on, if a record without any day is pushed again',
      [listed('a', null, { changeDate: null }), listed('a', null, { changeDate: null })],
      [['2026-09-01', null, 1, 'TEXT']],
    ],
    [
      'from the day of the update on, if the details know only an entry that had ended before',
      [listed('a', null, { changeDate: day('2026-01-09'), ...details(['2025-06-01', '2025-07-01']) })],
      [
        ['2025-06-01', '2025-07-01', 1, 'DETAILS'],
        ['2026-01-09', null, 1, 'TEXT'],
      ],
    ],
    [
      'until the removal day of its details, even if they have another entry without a day',
      [
        listed('a', '2026-01-05'),
        removed('b', '2026-03-01', '2026-01-05', response({ from: '2026-01-05', until: '2026-03-01' }, {})),
      ],
      [['2026-01-05', '2026-03-01', 1, 'DETAILS']],
    ],
    [
      'from the day of the text on, if the only entry of the details ended before and has no day of listing',
      [listed('a', '2026-01-05', response({ until: '2020-05-01' }))],
      [['2026-01-05', null, 1, 'TEXT']],
    ],
    [
      'as long as one entry is open, if a removal that names none has details of another one',
      [
        listed('a', '2026-01-05'),
        listed('b', '2026-02-10'),
        removed('c', '2026-03-01', null, { detailStatus: 'PENDING' }),
        removed('c', '2026-03-01', null, details(['2026-01-05', '2026-03-01'])),
      ],
      [['2026-01-05', null, 2, 'TEXT']],
    ],
    [
      'still, if only one of two entries of the same day was removed',
      [listed('a', '2026-01-05', details(['2026-01-05', '2026-03-01'], ['2026-01-05']))],
      [['2026-01-05', null, 1, 'DETAILS']],
    ],
    [
      'until the day of the update, if the details have a reason of removal and no day',
      [
        listed('a', '2026-01-05'),
        removed('b', '2026-03-01', '2026-01-05', response({ from: '2026-01-05', why: '补报' })),
      ],
      [['2026-01-05', '2026-03-01', 1, 'DETAILS']],
    ],
    [
      'until the day of removal in the details, which have no day of listing',
      [listed('a', '2026-01-05'), removed('b', '2026-03-01', '2026-01-05', response({ until: '2026-02-20' }))],
      [['2026-01-05', '2026-02-20', 1, 'DETAILS']],
    ],
    [
      'as often as one record lists it and removes it',
      [
        listed('a', '2026-01-05'),
        removed('a', '2026-03-01', '2026-01-05'),
        listed('a', '2026-05-01'),
        removed('a', '2026-06-01', '2026-05-01'),
      ],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', '2026-06-01', 1, 'TEXT'],
      ],
    ],
    [
      'as often as one record lists it and removes it, without the days of the entries',
      [
        listed('a', '2026-01-05'),
        removed('a', '2026-03-01', null),
        listed('a', null, { changeDate: day('2026-05-01') }),
        removed('a', '2026-06-01', null),
      ],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', '2026-06-01', 1, 'TEXT'],
      ],
    ],
    [
      'again, if a record lists it, removes it, and lists it again without a day',
      [
        listed('a', null, { changeDate: day('2026-01-05') }),
        removed('a', '2026-03-01', null),
        listed('a', null, { changeDate: day('2026-05-01') }),
      ],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'twice, if one record removes it twice',
      [
        listed('a', '2026-01-05'),
        removed('b', '2026-03-01', '2026-01-05'),
        listed('c', '2026-05-01'),
        removed('b', '2026-06-01', '2026-05-01'),
      ],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', '2026-06-01', 1, 'TEXT'],
      ],
    ],
    [
      'still, if an older removal is pushed again, and names the newest listing',
      [
        listed('a', '2026-01-05'),
        removed('b', '2026-03-01', '2026-01-05'),
        listed('c', '2026-05-01'),
        removed('b', '2026-03-01', '2026-05-01'),
      ],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'still, if an older removal is pushed late, and names the newest listing',
      [listed('a', '2026-01-05'), listed('c', '2026-05-01'), removed('b', '2026-03-01', '2026-05-01')],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'still, if an older removal names a newer listing, of which nothing else is known',
      [listed('a', '2026-01-05'), removed('b', '2026-03-01', '2026-05-01')],
      [
        ['2026-01-05', '2026-03-01', 1, 'TEXT'],
        ['2026-05-01', null, 1, 'TEXT'],
      ],
    ],
    [
      'still, if a removal names the older of two entries only when it is pushed again',
      [
        listed('a', '2026-01-05'),
        listed('c', '2026-02-01'),
        removed('b', '2026-03-01', null),
        removed('b', '2026-03-01', '2026-01-05'),
      ],
      [['2026-01-05', null, 2, 'TEXT']],
    ],
    [
      'twice, if one record removes it twice, and only the first removal has details',
      [
        listed('a', '2026-01-05'),
        removed('b', '2026-03-01', '2026-01-05', details(['2026-01-05', '2026-03-01'])),
        listed('c', '2026-05-01'),
        removed('b', '2026-06-01', '2026-05-01', { detailStatus: 'PENDING' }),
      ],
      [
        ['2026-01-05', '2026-03-01', 1, 'DETAILS'],
        ['2026-05-01', '2026-06-01', 1, 'TEXT'],
      ],
    ],
    [
      'until the second removal that names a listing of which nothing else is known',
      [listed('a', '2025-01-01'), removed('b', '2026-03-01', '2026-01-05'), removed('c', '2026-05-01', '2026-01-05')],
      [['2025-01-01', '2026-05-01', 2, 'TEXT']],
    ],
    [
      'still, if one record lists it twice and removes it once, and details know both entries',
      [
        listed('a', '2026-01-05', details(['2026-01-05'])),
        listed('a', '2026-02-01', details(['2026-01-05'], ['2026-02-01'])),
        removed('a', '2026-03-01', '2026-02-01'),
      ],
      [['2026-01-05', null, 2, 'TEXT']],
    ],
    [
      'until the removal by a record that listed it with two days',
      [listed('a', '2026-01-05'), listed('a', '2026-01-06'), removed('a', '2026-03-01', '2026-01-06')],
      [['2026-01-05', '2026-03-01', 2, 'TEXT']],
    ],
    [
      'until a removal that names the day of listing, which the text that listed it did not',
      [listed('a', null, { changeDate: day('2026-01-09') }), removed('b', '2026-03-01', '2026-01-05')],
      [['2026-01-05', '2026-03-01', 2, 'TEXT']],
    ],
    [
      'still, if a text removes an entry whose removal the details know, and an older entry is open',
      [
        listed('a', '2026-01-05', details(['2025-01-01'], ['2026-01-05', '2026-02-20'])),
        removed('b', '2026-03-01', '2026-01-05'),
      ],
      [['2025-01-01', null, 2, 'DETAILS']],
    ],
    [
      'still, if a text removes an entry whose removal the details know, and a newer entry is open',
      [
        listed('a', '2026-02-10', details(['2026-01-05', '2026-03-01'], ['2026-02-10'])),
        removed('b', '2026-03-05', '2026-01-05'),
      ],
      [['2026-01-05', null, 2, 'DETAILS']],
    ],
    [
      'until the second removal that names the newest listing, if two entries are open',
      [
        listed('a', '2026-01-05', details(['2025-01-01'], ['2026-01-05'])),
        removed('b', '2026-03-01', '2026-01-05'),
        removed('c', '2026-05-01', '2026-01-05'),
      ],
      [['2025-01-01', '2026-05-01', 2, 'TEXT']],
    ],
    [
      'from the update date on if the event date is 1900-01-01, which means no date',
      [listed('a', '1900-01-01', { changeDate: day('2026-01-09') })],
      [['2026-01-09', null, 1, 'TEXT']],
    ],
    [
      'from the push date on if event date and update date are 1900-01-01',
      [listed('a', '1900-01-01', { changeDate: day('1900-01-01') })],
      [['2026-09-01', null, 1, 'TEXT']],
    ],
    [
      'until the first whole response that lacks the entry, even if its record is pushed again',
      [
        violation('a', '2026-01-05', '2026-01-05'),
        violation('b', '2026-09-02', '2026-09-02'),
        violation('b', '2026-09-02', '2026-09-02'),
      ],
      [
        ['2026-01-05', '2026-09-02', 1, 'DETAILS'],
        ['2026-09-02', null, 1, 'DETAILS'],
      ],
    ],
    [
      'still, if a later response has its entry without a day',
      [violation('a', '2026-01-05', '2026-01-05'), violation('a', '2026-01-05', '')],
      [['2026-01-05', null, 1, 'DETAILS']],
    ],
    [
      'until the removal that has no details any more, though there were two entries',
      [
        violation('a', '2026-01-05', '2025-06-01', '2026-01-05'),
        removedViolation('b', '2026-09-01', '2026-01-05', NO_RESULT('2026-09-02')),
      ],
      [['2025-06-01', '2026-09-01', 2, 'TEXT']],
    ],
    [
      'until the removal of a text, though details that came late lack the entry, too',
      [
        WITHOUT_DETAILS,
        removedViolation('b', '2026-11-20', '2026-08-30', { ...nth(1, '2026-11-21'), detailStatus: 'PENDING' }),
        { ...violation('c', '2026-12-01'), ...nth(2, '2026-12-02'), detailStatus: 'PENDING' },
        LATE_DETAILS,
      ],
      [
        ['2026-08-30', '2026-11-20', 1, 'TEXT'],
        ['2026-12-01', null, 1, 'DETAILS'],
      ],
    ],
    [
      'until the removal of a text about an older entry, if the details of a listing lack this entry only later',
      [
        violation('a', '2026-01-05', '2026-01-05'),
        {
          ...violation('b', '2026-09-10', '2026-09-10'),
          ...nth(1, '2026-09-11'),
          detailsFetchedAt: midnight('2026-12-15'),
        },
        removedViolation('c', '2026-09-05', '2026-09-10', {
          ...nth(2, '2026-09-12'),
          ...violationsOn('2026-12-15', '2026-09-10'),
        }),
      ],
      [
        ['2026-01-05', '2026-09-05', 1, 'DETAILS'],
        ['2026-09-10', null, 1, 'DETAILS'],
      ],
    ],
    [
      'still, if a removal is about the older of two entries, because details had the newer one after the removal',
      [
        {
          ...violation('a', '2026-02-05', '2026-01-05', '2026-02-05'),
          ...nth(0, '2026-02-06'),
          detailsFetchedAt: midnight('2026-02-06'),
        },
        {
          ...violation('b', '2026-09-10', '2026-02-05', '2026-09-10'),
          ...nth(1, '2026-09-10'),
          detailsFetchedAt: midnight('2026-09-10'),
        },
        removedViolation('c', '2026-09-05', '2026-09-10', {
          ...nth(2, '2026-09-12'),
          ...violationsOn('2026-12-15', '2026-09-10'),
        }),
      ],
      [['2026-01-05', null, 3, 'DETAILS']],
    ],
    [
      'still, if a removal names an entry that its incomplete details have, and another entry is open',
      [
        violation('a', '2026-01-05', '2026-01-05', '2026-02-05'),
        removedViolation('c', '2026-09-01', '2026-02-05', {
          ...violationsOn('2026-09-02', '2026-02-05'),
          detailsComplete: false,
        }),
      ],
      [['2026-01-05', null, 2, 'DETAILS']],
    ],
    ...[[], [{ detailStatus: 'PENDING' } as const]].map((pending): [string, Pushed[], unknown[][]] => [
      `until the removal of a text whose own details came late, ${pending.length > 0 ? 'after' : 'without'} a version without details`,
      [
        { ...violation('a', '2026-08-30', '2026-08-30'), ...nth(0, '2026-09-01') },
        ...[...pending, LATE_ROWS].map((version) =>
          removedViolation('b', '2026-11-20', '2026-08-30', { ...nth(1, '2026-11-21'), ...version }),
        ),
        {
          ...violation('c', '2026-12-01', '2026-12-01'),
          ...nth(2, '2026-12-02'),
          detailsFetchedAt: midnight('2026-12-02'),
        },
      ],
      [
        ['2026-08-30', '2026-11-20', 1, 'TEXT'],
        ['2026-12-01', null, 1, 'DETAILS'],
      ],
    ]),
    [
      'from the first day on, if details that came late know only a newer entry: nothing says when the first one ended',
      [WITHOUT_DETAILS, LATE_DETAILS],
      [['2026-08-30', null, 2, 'TEXT']],
    ],
    [
      'until the day that the details of the removal have, if the text that listed it named no day',
      [
        listed('a', null, { changeDate: day('2026-01-09') }),
        removed('b', '2026-03-01', '2026-01-05', details(['2026-01-05', '2026-03-01'])),
      ],
      [['2026-01-05', '2026-03-01', 1, 'DETAILS']],
    ],
    [
      'still, if a text without a day listed it again, and an entry that a text names ended',
      [
        listed('a', '2025-01-01', details(['2025-01-01'])),
        listed('b', null, { changeDate: day('2026-02-10') }),
        removed('c', '2026-03-01', '2025-01-01', details(['2025-01-01', '2026-03-01'])),
      ],
      [['2025-01-01', null, 2, 'TEXT']],
    ],
    [
      'still, if the details of another listing have no result',
      [violation('a', '2026-01-05', '2026-01-05'), { ...violation('b', '2026-02-05'), detailStatus: 'NO_RESULT' }],
      [['2026-01-05', null, 2, 'TEXT']],
    ],
    [
      'again, if details that came late know an entry that began after the details of a later push had none',
      [
        WITHOUT_DETAILS,
        removedViolation('b', '2026-10-01', '2026-08-30', { ...nth(1, '2026-10-01'), ...NO_RESULT('2026-10-01') }),
        LATE_DETAILS,
      ],
      [
        ['2026-08-30', '2026-10-01', 1, 'TEXT'],
        ['2026-12-01', null, 1, 'DETAILS'],
      ],
    ],
    [
      'until the day of the first details that lack it, though those of an older push came later',
      [
        { ...violation('a', '2026-01-05', '2026-01-05'), ...nth(0, '2026-09-01') },
        removedViolation('b', '2026-10-01', '2026-02-01', { ...nth(1, '2026-10-01'), ...NO_RESULT('2026-10-01') }),
        removedViolation('c', '2026-09-20', '2026-02-01', { ...nth(2, '2026-09-20'), ...NO_RESULT('2026-12-10') }),
      ],
      [['2026-01-05', '2026-10-01', 2, 'TEXT']],
    ],
  ];

  let spells: ReadonlyMap<string, unknown[][]>;
  // The companies of all cases at once, because an insert of one row takes as long as one of hundreds.
  beforeAll(async () => {
    await insert(cases.flatMap(([, records], at) => rowsOf(`${at} in one insert`, records)));
    const each = cases.map(([, records], at) => rowsOf(`${at} with the last one first`, records).reverse());
    for (let step = 0; each.some((rows) => step < rows.length); step += 1)
      await insert(each.flatMap((rows) => rows.slice(step, step + 1)));
    spells = await readSpells();
  });

  it.each(cases.map(([what, , expected], at) => [what, at, expected] as const))('%s', (_, at, expected) => {
    expect(spells.get(`${at} in one insert`) ?? []).toEqual(expected);
    expect(spells.get(`${at} with the last one first`) ?? []).toEqual(expected);
  });
});

it.each<[what: string, records: Pushed[], expected: string | null]>([
  ['has details', [removed('b', '2026-03-01', '2026-01-05', details(['2026-01-05', '2026-03-01']))], '2026-09-02'],
  ['names no day of listing', [removed('b', '2026-03-01', null)], '2026-09-02'],
  [
    'is pushed twice',
    [removed('b', '2026-03-01', '2026-01-05'), removed('b', '2026-03-01', '2026-01-05')],
    '2026-09-02',
  ],
  [
    'ends the last of two entries',
    [
      listed('c', '2026-02-01', details(['2026-01-05'], ['2026-02-01'])),
      removed('b', '2026-03-01', '2026-02-01', details(['2026-01-05', '2026-03-01'], ['2026-02-01'])),
      removed('d', '2026-05-01', '2026-02-01', details(['2026-01-05', '2026-03-01'], ['2026-02-01', '2026-05-01'])),
    ],
    '2026-09-04',
  ],
  [
    'is only in the details of a listing: none',
    [listed('b', '2026-01-05', details(['2026-01-05', '2026-03-01']))],
    null,
  ],
])('removed_pushed_day is that of the first push of a removal that %s', async (what, records, expected) => {
  await insert(rowsOf(what, [listed('a', '2026-01-05'), ...records]));
  const spells = await db.rows(`
    SELECT listed_pushed_day, removed_pushed_day FROM {{db}}.list_spells WHERE corp_key_no = '${what}'`);
  expect(spells).toEqual([{ listed_pushed_day: '2026-09-01', removed_pushed_day: expected }]);
});

it('removed_pushed_day is null if the removal of the entry that ended last was not pushed', async () => {
  const company = 'one removal pushed';
  await insert(
    rowsOf(company, [
      violation('a', '2026-02-05', '2026-01-05', '2026-02-05'),
      removedViolation('b', '2026-09-01', '2026-02-05', { detailStatus: 'NO_CHECK_ID' }),
      {
        ...violation('c', '2026-12-20', '2026-12-20'),
        ...nth(2, '2026-12-20'),
        ...violationsOn('2026-12-20', '2026-12-20'),
      },
    ]),
  );
  const of = `FROM {{db}}.list_spells WHERE corp_key_no = '${company}' ORDER BY since_day`;
  expect(await db.rows(`SELECT since_day, until_day, removed_pushed_day ${of}`)).toEqual([
    { since_day: '2026-01-05', until_day: '2026-12-20', removed_pushed_day: null },
    { since_day: '2026-12-20', until_day: null, removed_pushed_day: null },
  ]);
});

it('removed_pushed_day is that of a removal from 严重违法 that has no details any more', async () => {
  const company = 'removed without a day';
  await insert(
    rowsOf(company, [
      violation('a', '2026-01-05', '2026-01-05'),
      removedViolation('b', '2026-09-01', null, NO_RESULT('2026-09-02')),
    ]),
  );
  const of = `FROM {{db}}.list_spells WHERE corp_key_no = '${company}'`;
  expect(await db.rows(`SELECT until_day, removed_pushed_day ${of}`)).toEqual([
    { until_day: '2026-09-01', removed_pushed_day: '2026-09-02' },
  ]);
});

it('removed_pushed_day is not that of a removal that names the entry and is about an older one', async () => {
  const company = 'removed by details';
  await insert(
    rowsOf(company, [
      violation('a', '2026-01-05', '2026-01-05'),
      {
        ...violation('b', '2026-09-10', '2026-09-10'),
        ...nth(1, '2026-09-11'),
        ...violationsOn('2026-12-15', '2026-09-10'),
      },
      removedViolation('c', '2026-09-05', '2026-09-10', {
        ...nth(2, '2026-09-12'),
        ...violationsOn('2026-12-15', '2026-09-10'),
      }),
      {
        ...violation('d', '2026-12-20', '2026-12-20'),
        ...nth(3, '2026-12-20'),
        ...violationsOn('2026-12-20', '2026-12-20'),
      },
    ]),
  );
  const of = `FROM {{db}}.list_spells WHERE corp_key_no = '${company}' ORDER BY since_day`;
  expect(await db.rows(`SELECT since_day, until_day, removed_pushed_day ${of}`)).toEqual([
    { since_day: '2026-01-05', until_day: '2026-09-05', removed_pushed_day: '2026-09-12' },
    { since_day: '2026-09-10', until_day: '2026-12-20', removed_pushed_day: null },
    { since_day: '2026-12-20', until_day: null, removed_pushed_day: null },
  ]);
});

describe('the class of a reason', () => {
  const cases: [list: '2' | '10', reason: string, expected: string][] = [
    ['2', '未依照《企业信息公示暂行条例》第八条规定的期限公示年度报告的', '未按期公示年度报告'],
    ['2', '未按规定报送年报', '未按期公示年度报告'],
    ['2', '个体工商户年度报告隐瞒真实情况、弄虚作假的', '公示信息隐瞒真实情况或弄虚作假'],
    ['2', '未在登记机关依照第十条规定责令的期限内公示有关企业信息的', '未按责令期限公示信息'],
    ['2', '通过登记的住所或者经营场所无法联系的', '登记的住所或经营场所无法联系'],
    [
      '2',
      '依照《个体工商户年度报告暂行办法》，通过登记的经营场所或者经营者住所无法与个体工商户取得联系的',
      '登记的住所或经营场所无法联系',
    ],
    ['2', '不详', '其他'],
    ['10', '被列入经营异常名录届满3年仍未履行相关义务的', '列入经营异常名录届满未改正'],
    [
      '10',
      '提交虚假材料或者采取其他欺诈手段隐瞒重要事实，取得公司变更或者注销登记，被撤销登记的',
      '以欺诈手段取得登记',
    ],
    ['10', '组织策划传销的，或者因为传销行为提供便利条件两年内受到三次以上行政处罚的', '传销'],
    ['10', '发布保健食品虚假广告', '虚假广告'],
    ['10', '生产销售假药', '药品、医疗器械或化妆品安全违法'],
    ['10', '伪造、冒用、买卖认证标志或者认证证书', '产品质量安全违法'],
    ['10', '拒不履行食品安全行政处罚决定', '拒不履行行政处罚决定'],
    ['10', '不详', '其他'],
  ];
  let classes: ReadonlyMap<string, string[]>;
  beforeAll(async () => {
    await insert(
      cases.flatMap(([list, addReason], at) =>
        rowsOf(`reason ${at}`, [
          list === '2'
            ? listed('a', '2026-01-05', {
                detailStatus: 'ENRICHED',
                exceptions: [exceptionRow({ addDate: midnight('2026-01-05'), addReason })],
              })
            : {
                ...violation('a', '2026-01-05'),
                seriousViolations: [violationRow({ addDate: day('2026-01-05'), addReason })],
              },
        ]),
      ),
    );
    const rows = await db.rows<{ corp_key_no: string; add_reason_classes: string[] }>(
      "SELECT corp_key_no, add_reason_classes FROM {{db}}.list_status_masked WHERE startsWith(corp_key_no, 'reason ')",
    );
    classes = new Map(rows.map((row) => [row.corp_key_no, row.add_reason_classes]));
  });

  it.each(cases.map((each, at) => [...each, at] as const))(
    'for list %s and %s is %s',
    (_list, _reason, expected, at) => {
      expect(classes.get(`reason ${at}`)).toEqual([expected]);
    },
  );
});

it('a company that was on a list 10,000 times does not take the memory of a reader, and has no offices', async () => {
  const entries = Array.from({ length: 10_000 }, (_, nth): [string, string] => {
    const at = (days: number) => new Date(Date.UTC(1990, 0, 1) + days * DAY_MS).toISOString().slice(0, 10);
    return [at(nth), at(nth + 1)];
  });
  await insert([
    ...rowsOf('k1', [listed('a', '1990-01-01', details(...entries))]),
    ...rowsOf('k2', [listed('a', '2026-01-05', details(['2026-01-05']))]),
  ]);
  const { max_memory_usage, optimize_aggregation_in_order } = READER_SETTINGS;
  const result = await db.client.query({
    query: `SELECT corp_key_no, count() AS spells, max(toString(tuple(*))) != '' AS whole, arrayDistinct(arrayFlatten(groupArray(offices))) AS offices
      FROM ${db.database}.list_spells WHERE corp_key_no IN ('k1', 'k2') GROUP BY corp_key_no ORDER BY corp_key_no`,
    format: 'JSONEachRow',
    clickhouse_settings: {
      max_memory_usage: String(max_memory_usage!.value),
      optimize_aggregation_in_order: Number(optimize_aggregation_in_order!.value) as 0 | 1,
      output_format_json_quote_64bit_integers: 0,
    },
  });
  expect(await result.json()).toEqual([
    { corp_key_no: 'k1', spells: 10_000, whole: 1, offices: [] },
    { corp_key_no: 'k2', spells: 1, whole: 1, offices: ['市监局'] },
  ]);
});
