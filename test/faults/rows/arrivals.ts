import fc from 'fast-check';
import { type Random, randomOf } from 'qcc-simulator/random';
import type { Say } from '../../harness/say.ts';
import { eventRow, openSinkDatabase, recordRow, type SinkDatabase } from '../../integration/sink-database.ts';
import {
  type ArrivalCase,
  arrivalCase,
  modelOfCurrent,
  modelOfHistory,
  modelOfLedger,
  type Shown,
  type Version,
  versionsOf,
} from '../arrival-cases.ts';
import type { RowFigures } from '../row.ts';

const TIMES = 10;
const MOST_BATCH = 4_000;
const MOST_PROBLEMS = 20;
const SHRINK_LIMIT_MS = 60_000;

type Difference = { kind: 'lost' | 'doubled' | 'wrong'; account: string; text: string };

/**
 * Compares the tables with a model after everything that the sink gets for an order has arrived ten times, in any order and in any
 * batches: old orders after new ones, with replays in between. Each case has a separate account, so all cases share the inserts. A case
 * that fails runs again by itself and is shrunk.
 */
export async function runArrivals(
  clickhouseUrl: string,
  { seed, cases: numRuns = 200, say }: { seed: number; cases?: number; say: Say },
): Promise<RowFigures> {
  await using db = await openSinkDatabase(clickhouseUrl);
  const cases = fc.sample(arrivalCase, { seed, numRuns });
  const named = new Map(cases.map((one, index) => [`case-${index}`, one]));
  const loaded = await load(db, named, randomOf('arrivals', String(seed)));
  say(`${loaded.arrivals} rows and facts of ${numRuns} cases inserted in ${loaded.batches} batches`);
  const differences = await compare(db, loaded.versions);
  const count = (wanted: Difference['kind']) => differences.filter(({ kind }) => kind === wanted).length;
  const failing = cases.findIndex((_, index) => differences.some(({ account }) => account === `case-${index}`));
  return {
    // What came again.
    faults: loaded.arrivals - loaded.arrivals / TIMES,
    orders: cases.reduce((sum, { orders }) => sum + orders.length, 0),
    records: loaded.versions.length,
    lost: count('lost'),
    doubled: count('doubled'),
    wrong: count('wrong'),
    stuck: 0,
    secondsToRecover: 0,
    peakMemoryMiB: {},
    notes: [
      `${numRuns} cases of fast-check, seed ${seed}; ${loaded.arrivals} arrivals in ${loaded.batches} batches of 1 to ${MOST_BATCH}`,
      'the view records, the history and the ledger compared with a model of each case',
    ],
    problems: [
      ...differences.slice(0, MOST_PROBLEMS).map(({ kind, text }) => `${kind}: ${text}`),
      ...(failing === -1 ? [] : [await shrink(db, { seed, failing })]),
    ],
  };
}

/** The smallest case that fails as the given one did, and how to see it again. */
async function shrink(db: SinkDatabase, { seed, failing }: { seed: number; failing: number }): Promise<string> {
  let run = 0;
  const property = fc.asyncProperty(arrivalCase, async (one) => {
    run += 1;
    const { versions } = await load(db, new Map([[`shrunk-${run}`, one]]), randomOf('arrivals', String(one.arrival)));
    return (await compare(db, versions)).length === 0;
  });
  const details = await fc.check(property, {
    seed,
    path: String(failing),
    numRuns: 1,
    interruptAfterTimeLimit: SHRINK_LIMIT_MS,
  });
  if (!details.failed) return `case ${failing} of seed ${seed} fails among the others only, not by itself`;
  return fc.defaultReportMessage(details) ?? `case ${failing} of seed ${seed} fails`;
}

/** Inserts everything of the cases as often as it arrives, shuffled over all of them. */
async function load(db: SinkDatabase, cases: ReadonlyMap<string, ArrivalCase>, random: Random) {
  const versions = [...cases].flatMap(([account, one]) => versionsOf(account, one));
  const revisions = Map.groupBy(versions, ({ account, orderNo, revision }) => `${account} ${orderNo}/${revision}`);
  const facts = [...revisions.values()].flatMap(factsOf);
  let batches = 0;
  const insert = async (table: string, rows: readonly object[]): Promise<void> => {
    const arrivals = shuffled(
      rows.flatMap((row) => Array<object>(TIMES).fill(row)),
      random,
    );
    for (let next = 0; next < arrivals.length; batches += 1) {
      const size = random.int(1, MOST_BATCH);
      await db.insert(table, arrivals.slice(next, next + size));
      next += size;
    }
  };
  await insert('record_history', versions.map(recordRow));
  await insert('order_events', facts);
  return { versions, batches, arrivals: TIMES * (versions.length + facts.length) };
}

/** What the ledger is told of a revision whose versions are given. */
function factsOf(list: readonly Version[]): object[] {
  const { account, orderNo, revision, pushDate } = list[0]!;
  const positions = [...new Set(list.map(({ position }) => position))].map((at) => ({ first: at, last: at }));
  const of = { account, orderNo, revision, pushDate, declared: positions.length };
  return [
    eventRow({ ...of, stage: 'RECEIVED', source: revision === 0 ? 'callback' : 'replay' }),
    eventRow({ ...of, stage: 'EXTRACTING' }),
    eventRow({ account, orderNo, revision, stage: 'PARSED', positions }),
    eventRow({ ...of, stage: 'EXTRACTED' }),
  ];
}

const VIEWS = [
  {
    name: 'records',
    model: modelOfCurrent,
    sql: "SELECT account, concat(account, ' ', id) AS key, concat(corp_name, ' ', detail_status) AS shown FROM {{db}}.records",
  },
  {
    name: 'record_history',
    model: modelOfHistory,
    sql: `SELECT account, concat(account, ' ', order_no, '/', toString(revision), '/', toString(position)) AS key,
      concat(corp_name, ' ', detail_status) AS shown FROM {{db}}.record_history FINAL`,
  },
  {
    name: 'orders',
    model: modelOfLedger,
    sql: `SELECT account, concat(account, ' ', order_no) AS key,
      concat(toString(revision), ' ', toString(stored), ' ', status) AS shown FROM {{db}}.orders`,
  },
] as const satisfies { name: string; model: (versions: readonly Version[]) => Shown; sql: string }[];

/** Where the tables differ from the model, of the accounts that the versions belong to. */
async function compare(db: SinkDatabase, versions: readonly Version[]): Promise<Difference[]> {
  const accounts = new Set(versions.map(({ account }) => account));
  const found: Difference[] = [];
  for (const { name, model, sql } of VIEWS) {
    const expected = model(versions);
    const rows = await db.rows<{ account: string; key: string; shown: string }>(sql);
    const actual = Map.groupBy(
      rows.filter(({ account }) => accounts.has(account)),
      ({ key }) => key,
    );
    for (const [key, shown] of expected) {
      const account = key.slice(0, key.indexOf(' '));
      const [row, ...more] = actual.get(key) ?? [];
      if (!row) found.push({ kind: 'lost', account, text: `${key} is not in ${name}` });
      else if (more.length > 0)
        found.push({ kind: 'doubled', account, text: `${key} is ${more.length + 1} times in ${name}` });
      else if (row.shown !== shown)
        found.push({ kind: 'wrong', account, text: `${key} is ${row.shown} in ${name}, not ${shown}` });
    }
    for (const [key, [row]] of actual)
      if (!expected.has(key))
        found.push({ kind: 'wrong', account: row!.account, text: `${key} is in ${name} unasked` });
  }
  return found;
}

function shuffled<Item>(items: Item[], random: Random): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.int(0, last);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
