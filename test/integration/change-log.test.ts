import { reviewChanges } from 'qcc-cli/rebuild/review-changes';
import { insertRows } from 'qcc-clickhouse/insert/insert-rows';
import { renderAmendment } from 'qcc-clickhouse/migrate/derivation';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { storeErased } from 'qcc-clickhouse/rows/erased-occurrences';
import { amendReplaced, readServerTime } from 'qcc-clickhouse/rows/follow-up-derivations';
import { type RecordRow, writeRecords } from 'qcc-clickhouse/rows/write-records';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  eventRow,
  extractedOrder,
  freshName,
  openSinkDatabase,
  type RecordFields,
  recordRow,
  type SinkDatabase,
} from './sink-database.ts';

const DAY_MS = 86_400_000;
const T0 = Date.parse('2026-11-24T10:00:00+08:00');

let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());
beforeEach(() => db.empty());

type Push = Required<Pick<RecordFields, 'orderNo' | 'pushDate' | 'position'>> & RecordFields;

const FIRST = { orderNo: 'DD1', pushDate: T0, position: 5 };
const AGAIN = { orderNo: 'DD2', pushDate: T0 + DAY_MS, position: 1 };
const OLDER = { orderNo: 'DD0', pushDate: T0 - DAY_MS, position: 9 };
const REPLAYED = { ...FIRST, revision: 1, source: 'replay' } as const;
/** QCC built the archive again. */
const REDATED = { ...REPLAYED, pushDate: T0 + 2 } as const;
const PENDING = { ...FIRST, type: '2', detailStatus: 'PENDING' } as const;
const SETTLED = { ...FIRST, type: '2', detailStatus: 'ENRICHED', detailsFetchedAt: T0 + 1 } as const;
const TWICE = { ...FIRST, position: 4 };
const SAME_MOMENT = { ...FIRST, orderNo: 'DD00' };

/** All ways to distribute items over inserts, in every order of the inserts. */
function distributions<Item>(items: readonly Item[]): Item[][][] {
  const [item, ...others] = items;
  if (item === undefined) return [[]];
  return distributions(others).flatMap((inserts) => [
    ...inserts.map((_, at) => inserts.with(at, [...inserts[at]!, item])),
    ...Array.from({ length: inserts.length + 1 }, (_, at) => inserts.toSpliced(at, 0, [item])),
  ]);
}

const pushOf = ({ pushDate, orderNo }: Push): string => `${pushDate} ${orderNo}`;
const inTime = (one: Push, other: Push): number => (pushOf(one) < pushOf(other) ? -1 : 1);

/** The rows that `changes` has once these pushes of one id are stored, in any order. */
function truth(id: string, pushes: readonly Push[]): unknown[] {
  const listed = [...Map.groupBy(pushes, ({ orderNo }) => orderNo).values()].flatMap((same) => {
    const last = Math.max(...same.map(({ revision = 0 }) => revision));
    const ofLast = same
      .filter(({ revision = 0 }) => revision === last)
      .sort((one, other) => one.position - other.position);
    return [...Map.groupBy(ofLast, ({ position }) => position).values()].map(
      (versions) => versions.find(({ detailStatus }) => detailStatus !== 'PENDING') ?? versions[0]!,
    );
  });
  const { orderNo, pushDate } = pushes.toSorted(inTime)[0]!;
  const first = listed.find((push) => push.orderNo === orderNo);
  return listed.map((push) => [
    id,
    ...[push.orderNo, push.position, push.revision ?? 0, push.detailStatus ?? 'NOT_APPLICABLE'],
    ...[pushDate, push !== first],
  ]);
}

const VALUES =
  'id, order_no, position, revision, detail_status, toUnixTimestamp64Milli(first_pushed_at) AS first, is_repeat';
const inOrder = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
async function read(source: string, database = db.database): Promise<string[]> {
  const rows = await db.rows<Record<string, unknown>>(`SELECT ${VALUES} FROM ${database}.${source}`);
  return inOrder(rows.map(({ is_repeat, ...row }) => [...Object.values(row), Boolean(is_repeat)]));
}

async function expectTruthInAnyOrder(pushes: readonly Push[]): Promise<void> {
  // Each distribution has its own company and orders, and its nth insert is the nth of all.
  const all = distributions(pushes).map((inserts, at) => ({
    ...{ id: `id-${at}`, corpKeyNo: `company-${at}` },
    inserts: inserts.map((rows) => rows.map((push) => ({ ...push, orderNo: `${push.orderNo} of ${at}` }))),
  }));
  await db.insert(
    'portfolio_companies',
    all.map(({ corpKeyNo }) => ({ account: 'main', corp_key_no: corpKeyNo, kind: 'NAME', value: 'n', added_at: 0 })),
  );
  for (let step = 0; step < pushes.length; step += 1) {
    const rows = all.flatMap(({ inserts, ...ids }) =>
      (inserts[step] ?? []).map((push) => recordRow({ ...push, ...ids })),
    );
    await db.insert('record_history', rows);
    const expected = inOrder(
      all.flatMap(({ id, inserts }) => {
        const stored = inserts.slice(0, step + 1).flat();
        return stored.length === 0 ? [] : truth(id, stored);
      }),
    );
    expect(await read('changes')).toEqual(expected);
    expect(await read('portfolio_log FINAL WHERE NOT is_superseded')).toEqual(expected);
  }
}

describe('in any order of arrival, changes say which push is the first, and list only the last revision', () => {
  it.each<[what: string, pushes: Push[]]>([
    ['a replay that has the record at a later place', [FIRST, { ...REPLAYED, position: 6 }, AGAIN]],
    ['a replay that has a later push date', [FIRST, REDATED, { ...AGAIN, pushDate: T0 + 1 }]],
    ['details that come later, of a repeated push', [PENDING, SETTLED, OLDER]],
    ['a record that is in a replayed archive twice', [FIRST, TWICE, REPLAYED, { ...REPLAYED, ...TWICE, revision: 1 }]],
    ['all of these', [PENDING, SETTLED, AGAIN, OLDER, REPLAYED]],
  ])('%s', (_, pushes) => expectTruthInAnyOrder(pushes));

  it.each<[what: string, pushes: Push[]]>([
    ['a push that is repeated later', [FIRST, AGAIN]],
    ['a push before the first known one', [FIRST, OLDER]],
    ['a push between two others', [AGAIN, FIRST, OLDER]],
    ['a replay', [FIRST, REPLAYED]],
    ['a replay of a push that is repeated', [FIRST, REPLAYED, AGAIN]],
    ['a replay of a repeated push', [OLDER, FIRST, REPLAYED]],
    ['a replay of a repeated push that has another push date', [OLDER, FIRST, REDATED]],
    ['a replay that has an earlier push date', [FIRST, { ...REPLAYED, pushDate: T0 - 1 }, AGAIN]],
    ['a replay that has a later push date and a record twice', [FIRST, REDATED, { ...REDATED, position: 4 }]],
    ['two replays', [FIRST, REPLAYED, { ...REPLAYED, revision: 2 }]],
    ['a replay that has the record at an earlier place', [{ ...FIRST, position: 6 }, REPLAYED]],
    ['a replay that has a record once that was there twice', [FIRST, TWICE, REPLAYED]],
    ['details that come later', [PENDING, SETTLED]],
    ['details that come later, of a push that is repeated', [PENDING, SETTLED, AGAIN]],
    ['details that come later, of a push that is replayed', [PENDING, SETTLED, REPLAYED]],
    ['a record that is in its archive twice', [FIRST, TWICE]],
    ['two pushes of the same moment', [FIRST, SAME_MOMENT]],
  ])('%s', { tags: 'whole' }, (_, pushes) => expectTruthInAnyOrder(pushes));
});

it.each<[what: string, pushes: Push[]]>([
  ['no details yet', [PENDING, SETTLED]],
  ['no earlier place in its archive', [FIRST, TWICE]],
  ['no earlier push', [FIRST, AGAIN, OLDER]],
  ['no replay', [FIRST, REPLAYED]],
])('a row that was written when there was %s changes nothing, even if it is inserted last', async (_, pushes) => {
  const rows: object[] = [];
  for (const push of pushes) {
    await db.insert('record_history', [recordRow({ id: 'r1', ...push })]);
    const exact = 'toString(version) AS version, toString(change_version) AS change_version, false AS amends';
    rows.push(...(await db.rows<object>(`SELECT * REPLACE (${exact}) FROM {{db}}.change_log FINAL`)));
  }
  for (const row of rows.toReversed()) await db.insert('change_log', [row]);
  expect(await read('changes')).toEqual(inOrder(truth('r1', pushes)));
});

describe('a later revision replaces the former one at every place that it has, whatever comes first', () => {
  /** Each record is of another company, so its row cannot say what another record replaces. */
  const rowsOf = (ids: readonly string[], push: Partial<Push>) =>
    ids.map((id, position) => recordRow({ ...FIRST, ...push, id, corpKeyNo: `company of ${id}`, position }));
  const listed = async (source = 'changes'): Promise<string[]> => {
    const rows = await db.rows<{ revision: number; id: string; is_repeat: boolean }>(
      `SELECT revision, id, is_repeat FROM {{db}}.${source} ORDER BY order_no, revision DESC, position`,
    );
    return rows.map(({ revision, id, is_repeat }) => `${revision} ${id}${is_repeat ? ' again' : ''}`);
  };
  const orders: [what: string, former: string[], later: string[], listed: string[]][] = [
    ['the same records in another order', ['a', 'b', 'c'], ['b', 'c', 'a'], ['1 b', '1 c', '1 a']],
    ['a record less in front', ['a', 'b', 'c'], ['b', 'c'], ['1 b', '1 c']],
    ['other records, as those of a forged archive', ['x', 'y', 'z'], ['a', 'b', 'c'], ['1 a', '1 b', '1 c']],
    ['a record less at the end', ['a', 'b', 'c'], ['a', 'b'], ['1 a', '1 b', '0 c']],
  ];

  const named = (ids: readonly string[], orderNo: string): string[] => ids.map((id) => `${id} of ${orderNo}`);
  const revisionsOf = (orderNo: string, former: readonly string[], later: readonly string[]): RecordRow[][] => [
    rowsOf(named(former, orderNo), { orderNo }),
    rowsOf(named(later, orderNo), { ...REPLAYED, orderNo }),
  ];

  it('in each way to insert them', async () => {
    const waysToInsert: ((revisions: RecordRow[][]) => RecordRow[][])[] = [
      (revisions) => revisions,
      (revisions) => revisions.toReversed(),
      (revisions) => [revisions.flat()],
      (revisions) => revisions.flat().map((row) => [row]),
      (revisions) =>
        revisions
          .flat()
          .map((row) => [row])
          .toReversed(),
    ];
    // Each case has an order for each way. Its nth insert is the nth of all, because a few large inserts take less time.
    const all = orders
      .flatMap(([what, former, later, expected]) =>
        waysToInsert.map((way, at) => {
          const orderNo = `${what}, way ${at}`;
          const inserts = way(revisionsOf(orderNo, former, later));
          return { orderNo, inserts, ids: named([...former, ...later], orderNo), expected: named(expected, orderNo) };
        }),
      )
      .toSorted((a, b) => (a.orderNo < b.orderNo ? -1 : 1));
    await db.insert(
      'portfolio_companies',
      all.flatMap(({ ids }) =>
        ids.map((id) => ({
          ...{ account: 'main', corp_key_no: `company of ${id}`, kind: 'NAME', value: 'n', added_at: 0 },
        })),
      ),
    );
    for (let step = 0; all.some(({ inserts }) => step < inserts.length); step += 1)
      await db.insert(
        'record_history',
        all.flatMap(({ inserts }) => inserts[step] ?? []),
      );
    const expected = all.flatMap((order) => order.expected);
    expect(await listed()).toEqual(expected);
    expect(await listed('portfolio_log FINAL WHERE NOT is_superseded')).toEqual(expected);
  });

  const publish = async (declared: number | null, rejected: readonly number[] = []) => {
    await db.insert('order_events', extractedOrder({ revision: 1, declared }, [0, 1], rejected));
    await amendReplaced(db, [{ account: 'main', orderNo: FIRST.orderNo }]);
  };

  it.each<[when: string, publishedAt: number]>([
    ['before its records arrive', 0],
    ['between them', 2],
    ['after them', 4],
  ])('once it is complete, no record counts at a place that is empty in it: %s', async (_, publishedAt) => {
    const records = [...rowsOf(['w', 'x', 'y', 'z'], {}), ...rowsOf(['a', 'b'], REPLAYED)];
    const inserts = records.map((row) => () => db.insert('record_history', [row]));
    for (const step of inserts.toSpliced(publishedAt, 0, () => publish(2))) await step();
    expect(await listed()).toEqual(['1 a', '1 b']);
  });

  it.each<[sentence: string, publish: () => Promise<void>, remaining: string[]]>([
    ['it has fewer records than its archive declares', () => publish(4), ['0 y', '0 z']],
    ['its archive declares no number', () => publish(null), ['0 y', '0 z']],
    ['its record at one of the places was rejected', () => publish(3, [2]), ['0 y']],
  ])('if %s, records at its empty places still count', async (_, publishIt, remaining) => {
    await db.insert('record_history', [...rowsOf(['w', 'x', 'y', 'z'], {}), ...rowsOf(['a', 'b'], REPLAYED)]);
    await publishIt();
    expect(await listed()).toEqual(['1 a', '1 b', ...remaining]);
  });

  it('until it is published to its end, records count at its places that are still empty', async () => {
    await db.insert('record_history', rowsOf(['x', 'y', 'z'], {}));
    await db.insert('order_events', [
      eventRow({ stage: 'EXTRACTING', revision: 1, declared: 2 }),
      eventRow({ stage: 'PARSED', revision: 1, positions: [{ first: 0, last: 1 }] }),
    ]);
    await db.insert('record_history', rowsOf(['a'], REPLAYED));
    expect(await listed()).toEqual(['1 a', '0 y', '0 z']);
    await db.insert('order_events', [eventRow({ stage: 'EXTRACTED', revision: 1 })]);
    await amendReplaced(db, [{ account: 'main', orderNo: FIRST.orderNo }]);
    expect(await listed()).toEqual(['1 a', '0 y']);
  });

  it('while many writers insert at the same time', { tags: 'whole' }, async () => {
    const all = Array.from({ length: 12 }, (_, at) => ({ orderNo: `DD${100 + at}`, of: orders[at % orders.length]! }));
    const rows = all.flatMap(({ orderNo, of: [, former, later] }) => revisionsOf(orderNo, former, later).flat());
    await Promise.all(rows.map((row) => db.insert('record_history', [row])));
    expect(await listed()).toEqual(all.flatMap(({ orderNo, of: [, , , expected] }) => named(expected, orderNo)));
  });

  it.each<[when: string, isErasedFirst: boolean]>([
    ['before the record at its place arrives', true],
    ['after it', false],
  ])('a record that is not stored, because it was erased, replaces that at its place, too: %s', async (_, isFirst) => {
    const occurrence = { account: 'main', orderNo: FIRST.orderNo, revision: 1, position: 1 };
    const steps = [
      () => storeErased(db, [{ occurrence, erasureId: 'e1' }]),
      () => db.insert('record_history', rowsOf(['x', 'y'], {})),
    ];
    await db.insert('record_history', rowsOf(['a'], REPLAYED));
    for (const step of isFirst ? steps : steps.toReversed()) await step();
    expect(await listed()).toEqual(['1 a']);
  });

  it('a review amends rows that a rebuild and the sink have inserted at the same moment', async () => {
    const since = await readServerTime(db);
    const rows = [...rowsOf(['a', 'b'], {}), ...rowsOf(['x', 'y'], REPLAYED)];
    await insertRows(db, { table: 'record_derivations', write: writeRecords, rows });
    expect(await listed()).toHaveLength(4);
    await reviewChanges(db, since);
    expect(await listed()).toEqual(['1 x', '1 y']);
  });
});

it('an insert that adds nothing to what is known of other rows notes nothing', async () => {
  await db.insert('record_history', [recordRow(FIRST), recordRow({ ...FIRST, id: 'other', position: 6 })]);
  await db.insert('record_history', [recordRow(AGAIN)]);
  expect(await db.rows('SELECT id FROM {{db}}.change_amendments')).toEqual([]);
});

/** As two writers would leave it whose views do not see each other's rows: nothing is derived again after an insert. */
const insertUnseen = async (...pushes: Push[]) => {
  for (const push of pushes)
    await insertRows(db, {
      table: 'record_derivations',
      write: writeRecords,
      rows: [recordRow({ id: 'r1', ...push })],
    });
};

it('a review amends rows that a rebuild and the sink have inserted at the same moment', async () => {
  const since = await readServerTime(db);
  const pushes = [FIRST, AGAIN, REPLAYED, OLDER];
  await insertUnseen(...pushes);
  expect(await read('changes')).not.toEqual(inOrder(truth('r1', pushes)));
  await reviewChanges(db, since);
  expect(await read('changes')).toEqual(inOrder(truth('r1', pushes)));
  const wrong = renderAmendment('SELECT account, corp_key_no, id FROM {{database}}.change_log');
  expect(await db.rows(wrong.replaceAll('{{database}}', '{{db}}'))).toEqual([]);
});

it('a migration fills the table from a history as inserts would', { tags: 'whole' }, async () => {
  const database = freshName();
  const { client } = db;
  const isBefore = ({ name }: { name: string }) => name < '025';
  try {
    await migrate(client, { database, mode: 'apply', migrations: readMigrations().filter(isBefore) });
    const pushes = [PENDING, SETTLED, AGAIN, OLDER, REPLAYED, TWICE];
    const rows = pushes.map((push) => recordRow({ id: 'r1', ...push }));
    await insertRows({ client, database }, { table: 'record_history', write: writeRecords, rows });
    await migrate(client, { database, mode: 'apply' });
    expect(await read('changes', database)).toEqual(inOrder(truth('r1', pushes)));
  } finally {
    await client.command({ query: `DROP DATABASE ${database} SYNC` });
  }
});
