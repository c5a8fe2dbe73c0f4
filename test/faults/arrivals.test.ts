import { compareVersions, packVersion } from 'qcc-core/version';
import { randomOf } from 'qcc-simulator/random';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventRow, openSinkDatabase, recordRow, type SinkDatabase } from '../integration/sink-database.ts';

/**
 * Each order's callback ten times, shuffled, old orders after new ones, replays in between: what the sink is given then,
 * in whatever order and batches, against a model. Each case is an account of its own, so that 200 share the inserts.
 */
const CASES = 200;
const TIMES = 10;
const MOST_BATCH = 4_000;
const DAY = Date.parse('2026-03-16T09:00:00+08:00');

type Version = {
  account: string;
  id: string;
  orderNo: string;
  revision: number;
  position: number;
  pushDate: number;
  detailStatus: 'PENDING' | 'ENRICHED' | 'NOT_APPLICABLE';
  detailsFetchedAt: number | null;
  corpName: string;
};

const random = randomOf('arrivals', 'cases');
const cases = Array.from({ length: CASES }, (_, index) => drawCase(`case-${index}`));
const accounts = new Map(cases.map((versions) => [versions[0]!.account, versions]));
let db: SinkDatabase;

/** One to four orders, some of them replayed, over few ids, so that ids come again within an order and across orders. */
function drawCase(account: string): Version[] {
  const ids = ['a', 'b', 'c', 'd'].slice(0, random.int(1, 4));
  const versions: Version[] = [];
  const orders = random.int(1, 4);
  for (let order = 0; order < orders; order += 1) {
    // Days and numbers agree only by chance: a later number may have been pushed earlier, or in the same second.
    const pushDate = DAY + random.int(0, 2) * 3_600_000;
    const content = Array.from({ length: random.int(1, 5) }, () => random.pick(ids));
    const replays = random.int(0, 2);
    for (let revision = 0; revision <= replays; revision += 1) {
      for (const [position, id] of content.entries()) {
        const corpName = `${order}/${revision}/${position}`;
        const named = { account, id, orderNo: `DD${order}`, revision, position, pushDate, corpName };
        const hasDetails = random.chance(0.5);
        if (hasDetails && random.chance(0.5))
          versions.push({ ...named, detailStatus: 'PENDING', detailsFetchedAt: null });
        versions.push(
          hasDetails
            ? { ...named, detailStatus: 'ENRICHED', detailsFetchedAt: pushDate + random.int(0, 1_000) }
            : { ...named, detailStatus: 'NOT_APPLICABLE', detailsFetchedAt: null },
        );
      }
    }
  }
  return versions;
}

function shuffled<Item>(items: Item[]): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.int(0, last);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}

const versionOf = (one: Version): Buffer =>
  packVersion({ ...one, settled: one.detailStatus !== 'PENDING', fetchedAt: one.detailsFetchedAt });
const newest = (versions: readonly Version[]): Version =>
  versions.reduce((best, one) => (compareVersions(versionOf(one), versionOf(best)) > 0 ? one : best));
const seen = ({ corpName, detailStatus }: Version) => `${corpName} ${detailStatus}`;

/** What the tables have to show, computed from the set of versions alone. */
function model(key: (version: Version) => string): string[] {
  return cases.flatMap((versions) => [
    ...Map.groupBy(versions, key)
      .values()
      .map((list) => newest(list))
      .map((one) => `${one.account} ${key(one)} ${seen(one)}`),
  ]);
}

async function insertInBatches(table: string, rows: object[]): Promise<void> {
  for (let next = 0; next < rows.length; ) {
    const size = random.int(1, MOST_BATCH);
    await db.insert(table, rows.slice(next, next + size));
    next += size;
  }
}

beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
  const arrivals = shuffled(cases.flat().flatMap((version) => Array.from({ length: TIMES }, () => version)));
  await insertInBatches('record_history', arrivals.map(recordRow));
  const facts = [...accounts].flatMap(([account, versions]) =>
    [...Map.groupBy(versions, ({ orderNo, revision }) => `${orderNo}/${revision}`).values()].flatMap((list) => {
      const { orderNo, revision, pushDate } = list[0]!;
      const positions = [...new Set(list.map(({ position }) => position))].map((at) => ({ first: at, last: at }));
      const of = { account, orderNo, revision, pushDate, declared: positions.length };
      return [
        eventRow({ ...of, stage: 'RECEIVED', source: revision === 0 ? 'callback' : 'replay' }),
        eventRow({ ...of, stage: 'EXTRACTING' }),
        eventRow({ account, orderNo, revision, stage: 'PARSED', positions }),
        eventRow({ ...of, stage: 'EXTRACTED' }),
      ];
    }),
  );
  await insertInBatches('order_events', shuffled(facts.flatMap((fact) => Array.from({ length: TIMES }, () => fact))));
});
afterAll(() => db?.[Symbol.asyncDispose]());

test('the view records has one row for each id, the one of the greatest version', async () => {
  const rows = await db.rows<Record<'account' | 'id' | 'corp_name' | 'detail_status', string>>(
    'SELECT account, id, corp_name, detail_status FROM {{db}}.records',
  );
  expect(rows.map((row) => `${row.account} ${row.id} ${row.corp_name} ${row.detail_status}`).sort()).toEqual(
    model(({ id }) => id).sort(),
  );
});

test('the history has one row for each occurrence, replays included', async () => {
  const rows = await db.rows<
    Record<'account' | 'order_no' | 'revision' | 'position' | 'corp_name' | 'detail_status', string>
  >('SELECT account, order_no, revision, position, corp_name, detail_status FROM {{db}}.record_history FINAL');
  expect(
    rows
      .map(
        (row) => `${row.account} ${row.order_no}/${row.revision}/${row.position} ${row.corp_name} ${row.detail_status}`,
      )
      .sort(),
  ).toEqual(model(({ orderNo, revision, position }) => `${orderNo}/${revision}/${position}`).sort());
});

test('the ledger has one row for each order, its latest revision, stored once whatever came how often', async () => {
  const rows = await db.rows<{ account: string; order_no: string; revision: number; stored: number; status: string }>(
    'SELECT account, order_no, revision, stored, status FROM {{db}}.orders',
  );
  const expected = cases.flatMap((versions) =>
    [...Map.groupBy(versions, ({ orderNo }) => orderNo).values()].map((list) => {
      const revision = Math.max(...list.map((one) => one.revision));
      const latest = list.filter((one) => one.revision === revision);
      const stored = new Set(latest.map(({ position }) => position)).size;
      return `${latest[0]!.account} ${latest[0]!.orderNo} ${revision} ${stored} COMPLETE`;
    }),
  );
  expect(
    rows.map((row) => `${row.account} ${row.order_no} ${row.revision} ${row.stored} ${row.status}`).sort(),
  ).toEqual(expected.sort());
});
