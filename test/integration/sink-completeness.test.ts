import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { storeErased } from 'qcc-clickhouse/rows/erased-occurrences';
import { toCoverageRow } from 'qcc-clickhouse/rows/fact-rows';
import { followingUp } from 'qcc-clickhouse/rows/follow-up-derivations';
import { writeRecords } from 'qcc-clickhouse/rows/write-records';
import { parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { toCoverageFact } from 'qcc-core/kafka/messages/coverage-fact';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import {
  eventRow,
  extractedOrder,
  openSinkDatabase,
  type RecordFields,
  recordRow,
  type SinkDatabase,
} from './sink-database.ts';

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

let offset = 0;
const coverageRow = (fact: Parameters<typeof toCoverageFact>[0]) => {
  offset += 1;
  return toCoverageRow(toCoverageFact(fact), {
    topic: 'coverage',
    partition: 0,
    offset: String(offset),
    timestamp: String(PUSHED),
  });
};
/** A check of the only push window of the day, after its end, or of the time outside it. */
const checkOf = (orderNos: readonly string[], pushWindow = '09-11') => {
  const [from, to] = pushWindow === 'other' ? ['00:00:00', '23:59:59'] : ['09:00:00', '11:00:00'];
  return coverageRow({
    ...{ account: 'main', kind: 'CHECKED', at: at('11:05:00'), day: parseDay(DAY), pushWindow },
    ...{ windowStart: at(from!), windowEnd: at(to!) },
    orders: orderNos.map((orderNo) => ({ orderNo, createDate: PUSHED })),
    ...{ covered: true, closed: true, pushWindows: [9] },
  });
};
const checked = checkOf(['DD1']);

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

it.each([
  ['alone', checkOf(['DD2']), 1],
  ['next to a complete one', checkOf(['DD1', 'DD2']), 2],
  ['outside the push windows', checkOf(['DD2'], 'other'), 1],
])('an order that QCC lists and nobody has received yet, %s, is incomplete', async (name, check, orders) => {
  const isComplete = name === 'next to a complete one';
  await db.insert('coverage_facts', name === 'outside the push windows' ? [checkOf([]), check] : [check]);
  if (isComplete) {
    await db.insert('order_events', extractedOrder({ orderNo: 'DD1', declared: 1, pushDate: PUSHED }, [0, 0]));
    await store({ id: 'r0', position: 0, type: '4' });
  }
  const figures = 'verdict, orders, orders_complete, orders_incomplete, windows, windows_checked';
  const day = async () =>
    (await db.rows(`SELECT ${figures} FROM {{db}}.data_completeness WHERE day = '${DAY}'`)).map(Object.values);
  expect(await day()).toEqual([['INCOMPLETE', orders, orders - 1, 1, 1, 1]]);
  await db.insert('order_events', extractedOrder({ orderNo: 'DD2', declared: 1, pushDate: PUSHED }, [0, 0]));
  await store({ id: 'r1', orderNo: 'DD2', position: 0, type: '4' });
  expect(await day()).toEqual([['COMPLETE', orders, orders, 0, 1, 1]]);
});

it('a listed order counts on the day that its number names, as it does once it arrives', async () => {
  await db.insert('coverage_facts', [checkOf(['DD20260315235959'])]);
  const days = () =>
    db.rows(
      "SELECT day, orders FROM {{db}}.data_completeness WHERE day BETWEEN '2026-03-15' AND '2026-03-16' ORDER BY day",
    );
  expect(await days()).toEqual([
    { day: '2026-03-15', orders: 1 },
    { day: DAY, orders: 0 },
  ]);
});

it('a day with an open gap is a GAP, until somebody closes it', async () => {
  const gap = { account: 'main', gap: 'DD1..DD9', at: at('11:05:00') };
  await db.insert('coverage_facts', [
    checkOf([]),
    coverageRow({ ...gap, kind: 'GAP', after: at('09:10:00'), before: at('09:50:00') }),
  ]);
  expect((await completeness())[0]![0]).toBe('GAP');
  await db.insert('coverage_facts', [
    coverageRow({ ...gap, kind: 'GAP_CLOSED', at: at('12:00:00'), decidedBy: 'op', reason: 'asked QCC' }),
  ]);
  expect((await completeness())[0]![0]).toBe('NOTHING_PUSHED');
});

it('a record that was derived with better details later has no trouble any more, in whatever order both come', async () => {
  const enriched = (position: number, given: RecordFields = {}): RecordFields => ({
    ...{ id: `r${position}`, position, type: '2', checkId: `c${position}` },
    ...{ detailStatus: 'ENRICHED', detailsFetchedAt: FETCHED, ...given },
  });
  const failed = { detailStatus: 'FAILED', detailsFetchedAt: null } as const;
  const troubled = [
    enriched(0, { detailsTruncated: true }),
    enriched(1, { detailsComplete: false }),
    enriched(2, failed),
  ];
  const better = [enriched(0), enriched(1, { detailsFetchedAt: FETCHED + 1 }), enriched(2)];
  const quality = async () =>
    Object.values(
      (
        await db.rows(`SELECT details_due, details_enriched, details_truncated, details_incomplete, details_failed
          FROM {{db}}.data_quality`)
      )[0]!,
    );
  await db.insert('coverage_facts', [checked]);
  await db.insert('order_events', extractedOrder({ orderNo: 'DD1', declared: 3, pushDate: PUSHED }, [0, 2]));
  await store(...troubled);
  expect(await quality()).toEqual([3, 2, 1, 1, 1]);
  expect((await completeness())[0]![0]).toBe('DETAILS_MISSING');
  await store(...better);
  expect(await quality()).toEqual([3, 3, 0, 0, 0]);
  await store(...troubled);
  expect(await quality()).toEqual([3, 3, 0, 0, 0]);
  expect((await completeness())[0]![0]).toBe('COMPLETE');
});

const insertInto = async (table: 'record_history' | 'record_derivations', ...records: RecordFields[]) => {
  const rows = records.map((record) => recordRow({ orderNo: 'DD1', pushDate: PUSHED, ...record }));
  expect(await insertRows(db, { table, write: writeRecords, rows })).toEqual([]);
};
/** The status of the order in `orders` and in `data_quality`, and the verdict of its day. */
const states = async () => {
  const [order] = await db.rows<{ status: string }>('SELECT status FROM {{db}}.orders');
  const [quality] = await db.rows<{ status: string }>('SELECT status FROM {{db}}.data_quality');
  return [order!.status, quality!.status, (await completeness())[0]![0]];
};

it('an order is STORING for analysts, although the ledger is complete, until the tables for analysts have all of it', async () => {
  const pending = { id: 'r1', position: 1, type: '2', checkId: 'c1', detailStatus: 'PENDING' } as const;
  const settled = { ...pending, detailStatus: 'ENRICHED', detailsFetchedAt: FETCHED } as const;
  await db.insert('coverage_facts', [checked]);
  await db.insert('order_events', extractedOrder({ orderNo: 'DD1', declared: 3, pushDate: PUSHED }, [0, 2]));
  const occurrence = { account: 'main', orderNo: 'DD1', revision: 0, position: 2 };
  await storeErased(db, [{ occurrence, erasureId: 'e1' }]);
  await insertInto('record_history', { id: 'r0', position: 0, type: '4' }, pending);
  expect(await states()).toEqual(['DETAILS_PENDING', 'STORING', 'INCOMPLETE']);
  await insertInto('record_derivations', { id: 'r0', position: 0, type: '4' });
  expect(await states()).toEqual(['DETAILS_PENDING', 'STORING', 'INCOMPLETE']);
  await insertInto('record_derivations', pending);
  expect(await states()).toEqual(['DETAILS_PENDING', 'DETAILS_PENDING', 'DETAILS_MISSING']);
  await insertInto('record_history', settled);
  expect(await states()).toEqual(['COMPLETE', 'STORING', 'INCOMPLETE']);
  await insertInto('record_derivations', settled);
  expect(await states()).toEqual(['COMPLETE', 'COMPLETE', 'COMPLETE']);
});

it('an order from a callback’s link is incomplete for analysts until QCC confirms it, even if only details are missing', async () => {
  const pending = { id: 'r1', position: 1, type: '2', checkId: 'c1', detailStatus: 'PENDING' } as const;
  const unconfirmed = { orderNo: 'DD1', declared: 2, pushDate: PUSHED, unconfirmed: true };
  await db.insert('coverage_facts', [checked]);
  await db.insert('order_events', extractedOrder(unconfirmed, [0, 1]));
  await store({ id: 'r0', position: 0, type: '4' }, pending);
  expect(await states()).toEqual(['INCOMPLETE', 'INCOMPLETE', 'INCOMPLETE']);
  await store({ ...pending, detailStatus: 'ENRICHED', detailsFetchedAt: FETCHED });
  expect(await states()).toEqual(['INCOMPLETE', 'INCOMPLETE', 'INCOMPLETE']);
  await db.insert('order_events', [eventRow({ orderNo: 'DD1', stage: 'CONFIRMED', source: 'reconcile' })]);
  expect(await states()).toEqual(['COMPLETE', 'COMPLETE', 'COMPLETE']);
});

it('a record that loses only a name is derived all the same, so the order waits for it', async () => {
  await db.insert('coverage_facts', [checked]);
  await db.insert('order_events', extractedOrder({ orderNo: 'DD1', declared: 1, pushDate: PUSHED }, [0, 0]));
  await insertInto('record_history', { id: 'r0', position: 0, type: '4' });
  await db.insert('erased_occurrences', [
    { account: 'main', order_no: 'DD1', revision: 0, position: 0, erasure_id: 'e1', extent: 'NAME' },
  ]);
  expect(await states()).toEqual(['COMPLETE', 'STORING', 'INCOMPLETE']);
});

it('a replay takes the place of a change once it is derived, and not before', async () => {
  const revisions = () => db.rows('SELECT id, revision FROM {{db}}.changes ORDER BY id');
  const replayed = { id: 'r0', position: 0, type: '4', revision: 1 };
  for (const table of ['record_history', 'record_derivations'] as const)
    await insertInto(table, { ...replayed, revision: 0 });
  await insertInto('record_history', replayed);
  expect(await revisions()).toEqual([{ id: 'r0', revision: 0 }]);
  await followingUp(db, () => insertInto('record_derivations', replayed));
  expect(await revisions()).toEqual([{ id: 'r0', revision: 1 }]);
});
