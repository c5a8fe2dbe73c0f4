/** What analysts ask of five million rows: their queries on the public names against the best one could write by hand. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { OURS } from '../../campaign/waits.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { companiesOf, fillHistory, orderNoOf, POSITIONS } from '../history.ts';
import {
  type Bar,
  inTurns,
  median,
  NO_PEER,
  type RowFigures,
  type RowInput,
  type Series,
  TURN_LIMIT_MS,
} from '../row.ts';

const MOST_OF_ROWS = 0.01;
const MOST_TIMES = 1.2;
const MOST_MS = 50;

type Question = {
  what: string;
  /** In `{{db}}` of the account `{{account}}`; `{{company}}`, `{{id}}` and `{{order}}` are others each round. */
  asked: string;
  /** Name → a query with the same answer. */
  byHand: Readonly<Record<string, string>>;
};

const TIMELINE = 'id, order_no, revision, position, push_date, type, category, detail_status';
const OCCURRENCE = 'account, corp_key_no, id, push_date, order_no, revision, position';
const ONE_OF_EACH = `ORDER BY ${OCCURRENCE}, version DESC LIMIT 1 BY ${OCCURRENCE}`;

/** Few rows wanted: they are read without reading the others. */
const LOOKUPS: readonly Question[] = [
  {
    what: "a company's timeline, record_history",
    asked: `SELECT ${TIMELINE} FROM {{db}}.record_history FINAL WHERE account = '{{account}}' AND corp_key_no = '{{company}}'`,
    byHand: {
      'LIMIT 1 BY': `SELECT ${TIMELINE} FROM {{db}}.record_history PREWHERE account = '{{account}}' AND corp_key_no = '{{company}}' ${ONE_OF_EACH}`,
    },
  },
  {
    what: "a company's timeline, record_history_masked",
    asked: `SELECT ${TIMELINE} FROM {{db}}.record_history_masked WHERE corp_key_no = '{{company}}'`,
    byHand: {
      'LIMIT 1 BY': `SELECT ${TIMELINE} FROM {{db}}.record_history PREWHERE account = '{{account}}' AND corp_key_no = '{{company}}' ${ONE_OF_EACH}`,
    },
  },
  {
    what: "an id's history, record_history",
    asked: `SELECT ${TIMELINE} FROM {{db}}.record_history FINAL WHERE id = '{{id}}'`,
    byHand: {
      'LIMIT 1 BY': `SELECT ${TIMELINE} FROM {{db}}.record_history PREWHERE account = '{{account}}' AND id = '{{id}}' ${ONE_OF_EACH}`,
    },
  },
  {
    what: "an id's current row, records",
    asked: `SELECT ${TIMELINE} FROM {{db}}.records WHERE id = '{{id}}'`,
    byHand: {
      'LIMIT 1': `SELECT ${TIMELINE} FROM {{db}}.record_current PREWHERE account = '{{account}}' AND id = '{{id}}' ORDER BY version DESC LIMIT 1`,
    },
  },
];

const STATE_BY_HAND = {
  argMax: `SELECT of.1 AS type, of.2 AS category, count() FROM (
    SELECT argMax((type, category), version) AS of FROM {{db}}.record_current PREWHERE account = '{{account}}' GROUP BY id
  ) GROUP BY type, category`,
  'LIMIT 1 BY': `SELECT type, category, count() FROM (
    SELECT type, category FROM {{db}}.record_current PREWHERE account = '{{account}}'
    ORDER BY account, id, version DESC LIMIT 1 BY account, id
  ) GROUP BY type, category`,
  'FINAL on the table': `SELECT type, category, count() FROM {{db}}.record_current FINAL
    WHERE account = '{{account}}' GROUP BY type, category`,
};
const REGION = 'substring(credit_code, 3, 6) AS region';

/** All rows wanted. */
const SCANS: readonly Question[] = [
  {
    what: 'current state by type and category, records',
    asked: `SELECT type, category, count() FROM {{db}}.records GROUP BY type, category`,
    byHand: STATE_BY_HAND,
  },
  {
    what: 'current state by type and category, records_masked',
    asked: `SELECT type, category, count() FROM {{db}}.records_masked GROUP BY type, category`,
    byHand: STATE_BY_HAND,
  },
  {
    what: 'daily counts by type and region, record_history',
    asked: `SELECT push_day, type, ${REGION}, count() FROM {{db}}.record_history FINAL GROUP BY push_day, type, region`,
    byHand: {
      uniqExact: `SELECT push_day, type, ${REGION}, uniqExact(order_no, revision, position) FROM {{db}}.record_history
        PREWHERE account = '{{account}}' GROUP BY push_day, type, region`,
      'LIMIT 1 BY': `SELECT push_day, type, region, count() FROM (
        SELECT push_day, type, ${REGION} FROM {{db}}.record_history PREWHERE account = '{{account}}' ${ONE_OF_EACH}
      ) GROUP BY push_day, type, region`,
    },
  },
  {
    what: 'exceptions by day, exceptions',
    asked: `SELECT add_day, count() FROM {{db}}.exceptions GROUP BY add_day`,
    byHand: {
      argMax: `SELECT toDate32(each.add_date) AS day, count() FROM (
        SELECT argMax(exceptions, version) AS all FROM {{db}}.record_current PREWHERE account = '{{account}}' GROUP BY id
      ) ARRAY JOIN all AS each GROUP BY day`,
      'FINAL on the table': `SELECT toDate32(each.add_date) AS day, count() FROM {{db}}.record_current FINAL
        ARRAY JOIN exceptions AS each WHERE type = '2' GROUP BY day`,
    },
  },
];

const SETS = `bitmapCardinality(groupBitmapMergeState(parsed)) AS parsed, bitmapCardinality(groupBitmapMergeState(stored)) AS stored`;
const LEDGER: readonly Question[] = [
  {
    what: 'all orders, orders',
    asked: `SELECT * FROM {{db}}.orders`,
    byHand: {},
  },
  {
    what: 'what all orders hold, orders',
    asked: `SELECT order_no, parsed, stored FROM {{db}}.orders`,
    byHand: {
      'GROUP BY': `SELECT order_no, parsed, stored FROM (
        SELECT order_no, ${SETS} FROM {{db}}.order_ledger WHERE account = '{{account}}'
        GROUP BY order_no, revision ORDER BY order_no, revision DESC LIMIT 1 BY order_no
      )`,
    },
  },
  {
    what: 'one order, orders',
    asked: `SELECT * FROM {{db}}.orders WHERE order_no = '{{order}}'`,
    byHand: {},
  },
];

type Measured = { what: string; asked: number[]; read: number; byHand: { name: string; runs: number[] }[] };

export async function benchQueries({ bed, short, rounds, say, within }: RowInput): Promise<RowFigures> {
  const orders = short ? 60 : 1_000;
  const { clickhouse: client, database, account } = bed;
  await migrate(client, { database, mode: 'apply' });
  await within({ side: OURS, what: 'the history is filled', limitMs: TURN_LIMIT_MS }, () =>
    fillHistory({ client, database, account }, { orders }),
  );
  const rows = orders * POSITIONS;
  say(`${rows} occurrences are there, in ${(await partsOf(bed)).join(', ')} parts`);

  const measure = (question: Question) => measureInTurns(bed, { question, orders, rounds, say, within });
  const lookups = await inOrder(LOOKUPS, measure);
  const scans = await inOrder(SCANS, measure);
  const ledger = await inOrder(LEDGER, measure);
  return {
    bars: [
      ...lookups.map(
        ({ what, read }): Bar => ({
          what: `rows read for ${what}`,
          peer: `the ${rows.toLocaleString('en')} occurrences`,
          bar: `at most ${MOST_OF_ROWS * 100} %`,
          measured: `${read.toLocaleString('en')}, ${((read / rows) * 100).toFixed(2)} %`,
          kept: read <= rows * MOST_OF_ROWS,
        }),
      ),
      ...scans.map(({ what, asked, byHand }): Bar => {
        const best = byHand.toSorted((a, b) => median(a.runs) - median(b.runs))[0]!;
        const times = median(asked) / median(best.runs);
        return {
          what,
          peer: `the fastest written by hand, ${best.name}`,
          bar: `at most ${MOST_TIMES} times as long`,
          measured: `${times.toFixed(2)} times`,
          kept: times <= MOST_TIMES,
        };
      }),
      ...ledger.map(
        ({ what, asked }): Bar => ({
          what,
          peer: NO_PEER,
          bar: `at most ${MOST_MS} ms`,
          measured: `${median(asked).toFixed(0)} ms`,
          kept: median(asked) <= MOST_MS,
        }),
      ),
    ],
    series: [...lookups, ...scans, ...ledger].flatMap(({ what, asked, byHand }): Series[] => [
      { side: what, unit: 'ms', runs: asked },
      ...byHand.map(({ name, runs }): Series => ({ side: `${what}: by hand, ${name}`, unit: 'ms', runs })),
    ]),
    notes: [
      `${companiesOf(orders).toLocaleString('en')} companies, ${orders.toLocaleString('en')} orders, a tenth of the ids three times; parts as merges left them`,
      'company, id and order are others each round; rows read are the most of any round; times are those of the client, from the request to the last row',
      'in each round the answers of all sides were the same',
    ],
  };
}

async function measureInTurns(
  bed: TestBed,
  {
    question,
    orders,
    rounds,
    say,
    within,
  }: Pick<RowInput, 'rounds' | 'say' | 'within'> & { question: Question; orders: number },
): Promise<Measured> {
  const { what, asked, byHand } = question;
  let read = 0;
  let expected: unknown[] = [];
  const answerOf = async (query: string, round: number) => {
    const began = performance.now();
    const answer = await ask(bed.clickhouse, fill(query, bed, { round, orders }));
    return { ...answer, ms: performance.now() - began };
  };
  const sides: Record<string, (round: number) => Promise<number>> = {
    ours: async (round) => {
      const { ms, rowsRead, answer } = await answerOf(asked, round);
      if (answer.length === 0) throw new Error(`${what}: nothing found`);
      read = Math.max(read, rowsRead);
      expected = answer;
      return ms;
    },
    ...Object.fromEntries(
      Object.entries(byHand).map(([name, query]) => [
        name,
        async (round: number) => {
          const { ms, answer } = await answerOf(query, round);
          if (!isDeepStrictEqual(answer, expected)) throw new Error(`${what}: ${name} gives another answer`);
          return ms;
        },
      ]),
    ),
  };
  const runs = await inTurns(rounds, sides, { within });
  say(`${what}: ${read} rows, ${Object.entries(runs).map(([name, each]) => `${name} ${median(each).toFixed(0)} ms`)}`);
  const { ours = [], ...others } = runs;
  return { what, asked: ours, read, byHand: Object.entries(others).map(([name, each]) => ({ name, runs: each })) };
}

/** The rows in an order of their own, as no query above gives them one. */
async function ask(client: ClickHouseClient, query: string): Promise<{ answer: string[]; rowsRead: number }> {
  const result = await client.query({ query, format: 'JSONCompact' });
  const { data, statistics } = await result.json<unknown[]>();
  return { answer: data.map((row) => JSON.stringify(row)).sort(), rowsRead: statistics!.rows_read };
}

const PRIME = 10_007;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Another company, id and order each round; the ids are of those that come again. */
function fill(query: string, bed: TestBed, { round, orders }: { round: number; orders: number }): string {
  const nth = (round + 1) * PRIME;
  const dozens = Math.floor((orders * POSITIONS) / 12);
  const values: Record<string, string> = {
    db: bed.database,
    account: bed.account,
    company: md5(String(nth % companiesOf(orders))),
    id: md5(`id${12 * (nth % dozens)}`),
    order: orderNoOf(nth % orders),
  };
  return query.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]!);
}

async function partsOf(bed: TestBed): Promise<string[]> {
  const rows = await bed.query<{ table: string; parts: number }>(
    `SELECT table, count() AS parts FROM system.parts
     WHERE database = '{{db}}' AND active AND table IN ('record_history', 'record_current') GROUP BY table ORDER BY table`,
  );
  return rows.map(({ table, parts }) => `${table} ${parts}`);
}

async function inOrder<From, To>(all: readonly From[], each: (one: From) => Promise<To>): Promise<To[]> {
  const done: To[] = [];
  for (const one of all) done.push(await each(one));
  return done;
}
