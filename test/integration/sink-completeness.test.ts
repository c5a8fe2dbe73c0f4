import { toCoverageRow } from 'qcc-clickhouse/rows/fact-rows';
import { parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { toCoverageFact } from 'qcc-core/kafka/messages/coverage-fact';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { extractedOrder, openSinkDatabase, type RecordFields, recordRow, type SinkDatabase } from './sink-database.ts';

const DAY = '2026-03-16';
const at = (time: string) => parseShanghaiDateTime(`${DAY} ${time}`)!;
const PUSHED = at('09:30:00');
const FETCHED = at('15:00:00');

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
beforeEach(() => db.empty());
afterAll(() => db[Symbol.asyncDispose]());

/** A check of the only push window of the day, after its end. */
const checked = toCoverageRow(
  toCoverageFact({
    ...{ account: 'main', kind: 'CHECKED', at: at('11:05:00'), day: parseDay(DAY), pushWindow: '09-11' },
    ...{ windowStart: at('09:00:00'), windowEnd: at('11:00:00'), orders: [{ orderNo: 'DD1', createDate: PUSHED }] },
    ...{ covered: true, closed: true, pushWindows: [9] },
  }),
  { topic: 'coverage', partition: 0, offset: '1', timestamp: String(PUSHED) },
);

const store = (...records: RecordFields[]) =>
  db.insert(
    'record_history',
    records.map((record) => recordRow({ orderNo: 'DD1', pushDate: PUSHED, ...record })),
  );

const COLUMNS = 'verdict, stored, details_due, details_enriched, details_pending, details_not_approved';
const completeness = async () =>
  (await db.rows(`SELECT ${COLUMNS} FROM {{db}}.data_completeness WHERE day = '${DAY}'`)).map(Object.values);

it('shows the details that nobody approved, until they are fetched', async () => {
  const waiting = (position: number, detailReason: RecordFields['detailReason']): RecordFields => ({
    ...{
      id: `r${position}`,
      position,
      type: '2',
      checkId: `c${position}`,
      detailStatus: 'PENDING',
      detailReason: detailReason!,
    },
  });
  const fetched = (position: number): RecordFields => ({
    ...{
      id: `r${position}`,
      position,
      type: '2',
      checkId: `c${position}`,
      detailStatus: 'ENRICHED',
      detailsFetchedAt: FETCHED,
    },
  });
  await db.insert('coverage_facts', [checked]);
  await db.insert('order_events', extractedOrder({ orderNo: 'DD1', declared: 5, pushDate: PUSHED }, [0, 4]));
  await store(
    { id: 'r0', position: 0, type: '4' },
    fetched(1),
    waiting(2, 'NOT_CONFIRMED'),
    waiting(3, 'NOT_CONFIRMED'),
    waiting(4, 'WAIT_EXCEEDED'),
  );
  expect(await completeness()).toEqual([['DETAILS_MISSING', 5, 4, 1, 3, 2]]);
  await store(fetched(2));
  expect(await completeness()).toEqual([['DETAILS_MISSING', 5, 4, 2, 2, 1]]);
  await store(fetched(3), fetched(4));
  expect(await completeness()).toEqual([['COMPLETE', 5, 4, 4, 0, 0]]);
});
