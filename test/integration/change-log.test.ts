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

type Case = [what: string, pushes: Push[]];

async function expectTruthInAnyOrder(cases: readonly Case[]): Promise<void> {
  // Each distribution has its own company and orders. Its nth insert is the nth of all, because a few large inserts take less time.
  const all = cases.flatMap(([what, pushes]) =>
    distributions(pushes).map((inserts, at) => ({
      ...{ id: `${what} ${at}`, corpKeyNo: `company of ${what} ${at}` },
      inserts: inserts.map((rows) => rows.map((push) => ({ ...push, orderNo: `${push.orderNo} of ${what} ${at}` }))),
    })),
  );
  await db.insert(
    'portfolio_companies',
    all.map(({ corpKeyNo }) => ({ account: 'main', corp_key_no: corpKeyNo, kind: 'NAME', value: 'n', added_at: 0 })),
  );
  for (let step = 0; all.some(({ inserts }) => step < inserts.length); step += 1) {
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
  it('of replays, details that come later and records that are in an archive twice', () =>
    expectTruthInAnyOrder([
      ['a replay that has the record at a later place', [FIRST, { ...REPLAYED, position: 6 }, AGAIN]],
      ['a replay that has a later push date', [FIRST, REDATED, { ...AGAIN, pushDate: T0 + 1 }]],
      ['details that come later, of a repeated push', [PENDING, SETTLED, OLDER]],
      [
        'a record that is in a replayed archive twice',
        [FIRST, TWICE, REPLAYED, { ...REPLAYED, ...TWICE, revision: 1 }],
      ],
      ['all of these', [PENDING, SETTLED, AGAIN, OLDER, REPLAYED]],
    ]));

  it.each<Case>([
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
  ])('%s', { tags: 'whole' }, (...pushed) => expectTruthInAnyOrder([pushed]));
});

it('a row that was written when less was known changes nothing, even if it is inserted last', async () => {
  const cases: readonly Case[] = [
    ['no details', [PENDING, SETTLED]],
    ['no earlier place in its archive', [FIRST, TWICE]],
    ['no earlier push', [FIRST, AGAIN, OLDER]],
    ['no replay', [FIRST, REPLAYED]],
  ];
  const known = cases.map(([id, pushes]) => ({
    ...{ id, corpKeyNo: `company of ${id}` },
    pushes: pushes.map((push) => ({ ...push, orderNo: `${push.orderNo} of ${id}` })),
  }));
  const written: object[][] = [];
  for (let step = 0; known.some(({ pushes }) => step < pushes.length); step += 1) {
    const rows = known.flatMap(({ pushes, ...ids }) =>
      pushes.slice(step, step + 1).map((push) => recordRow({ ...push, ...ids })),
    );
    await db.insert('record_history', rows);
    const exact = 'toString(version) AS version, toString(change_version) AS change_version, false AS amends';
    written.push(await db.rows<object>(`SELECT * REPLACE (${exact}) FROM {{db}}.change_log FINAL`));
  }
  for (const rows of written.toReversed()) await db.insert('change_log', rows);
  expect(await read('changes')).toEqual(inOrder(known.flatMap(({ id, pushes }) => truth(id, pushes))));
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
  const revisionsOf = (
    orderNo: string,
    former: readonly string[],
    later: readonly string[],
  ): [former: RecordRow[], later: RecordRow[]] => [
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

  const FORMER = ['w', 'x', 'y', 'z'];
  const LATER = ['a', 'b'];
  const publish = async (orderNo: string, declared: number | null, rejected: readonly number[] = []) => {
    await db.insert('order_events', extractedOrder({ orderNo, revision: 1, declared }, [0, 1], rejected));
    await amendReplaced(db, [{ account: 'main', orderNo }]);
  };

  it('once it is complete, no record counts at a place that is empty in it, whether its records arrive before or after that', async () => {
    // How many of the records have arrived when it is complete, by order.
    const arrived = { 'DD1 before': 0, 'DD2 between': 2, 'DD3 after': 4, 'DD4 at the end': 6 };
    const records = Object.entries(arrived).map(([orderNo, count]) => {
      const [former, later] = revisionsOf(orderNo, FORMER, LATER);
      return { orderNo, count, rows: [...former, ...later] };
    });
    for (let step = 0; step <= FORMER.length + LATER.length; step += 1) {
      for (const { orderNo, count } of records) if (count === step) await publish(orderNo, 2);
      const rows = records.flatMap((order) => order.rows.slice(step, step + 1));
      if (rows.length > 0) await db.insert('record_history', rows);
    }
    expect(await listed()).toEqual(records.flatMap(({ orderNo }) => [`1 a of ${orderNo}`, `1 b of ${orderNo}`]));
  });

  it('records at its empty places still count while it may have records there', async () => {
    const orders: [orderNo: string, declared: number | null, rejected: number[], remaining: string[]][] = [
      ['DD1 has fewer records than its archive declares', 4, [], ['0 y', '0 z']],
      ['DD2, whose archive declares no number', null, [], ['0 y', '0 z']],
      ['DD3, whose record at one of the places was rejected', 3, [2], ['0 y']],
    ];
    await db.insert(
      'record_history',
      orders.flatMap(([orderNo]) => revisionsOf(orderNo, FORMER, LATER).flat()),
    );
    for (const [orderNo, declared, rejected] of orders) await publish(orderNo, declared, rejected);
    expect(await listed()).toEqual(
      orders.flatMap(([orderNo, , , remaining]) => named(['1 a', '1 b', ...remaining], orderNo)),
    );
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
