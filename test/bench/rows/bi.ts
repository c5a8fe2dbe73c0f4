/** Questions of analysts about a long history: queries on the public views against the best hand-written SQL. */
import { fillCompanies } from 'qcc-cli/portfolio/fill-companies';
import { migrate } from 'qcc-clickhouse/migrate/migrate';
import { OURS } from '../../campaign/waits.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { askInTurns, type Measured } from '../analysts/ask-in-turns.ts';
import { dropCaches } from '../analysts/drop-caches.ts';
import { askEverything } from '../analysts/everything.ts';
import { MODEL_LOOKUPS, MODEL_SCANS } from '../analysts/model-questions.ts';
import { LEDGER, LOOKUPS, type Question, SCANS } from '../analysts/questions.ts';
import { companiesOf, fillHistory, POSITIONS } from '../history.ts';
import { type Bar, median, NO_PEER, type RowFigures, type RowInput, type Series, TURN_LIMIT_MS } from '../row.ts';

const MAX_ROW_SHARE = 0.01;
const MAX_TIME_RATIO = 1.2;
const MAX_MS = 50;
const CUSTOMERS = 10_000;
/**
 * Lookups are asked this many times as often as scans, and as often before that without being counted. They take milliseconds, and caches
 * are empty at the beginning of each question.
 */
const LOOKUPS_PER_SCAN = 10;
/** Time to fill one order. */
const FILL_LIMIT_MS = 2_000;

/** @param size Orders of 5,000 occurrences. */
export const benchQueries = (size: number) =>
  async function benchQueriesOf({ bed, short, rounds, say, within }: RowInput): Promise<RowFigures> {
    const orders = short ? 60 : size;
    const { clickhouse: client, database, account } = bed;
    await migrate(client, { database, mode: 'apply' });
    const begun = performance.now();
    await within({ side: OURS, what: 'the history is filled', limitMs: orders * FILL_LIMIT_MS }, () =>
      fillHistory({ client, database, account }, { orders }),
    );
    const fillMinutes = (performance.now() - begun) / 60_000;
    const rows = orders * POSITIONS;
    say(`${rows} occurrences are there, in ${(await partsOf(bed)).join(', ')} parts`);

    await within({ side: OURS, what: 'the customers are loaded', limitMs: TURN_LIMIT_MS }, () =>
      loadCustomers(bed, orders),
    );

    let dropsPages = true;
    const measure = (times: number, warmUps: number) => async (question: Question) => {
      // The short form keeps the page cache, because other tests may be running and need it.
      if (!short) dropsPages = await dropCaches(bed);
      return await askInTurns(bed, question, { orders, rounds: times, warmUps, say, within });
    };
    const lookupRounds = LOOKUPS_PER_SCAN * rounds;
    const lookups = await inOrder([...LOOKUPS, ...MODEL_LOOKUPS], measure(lookupRounds, lookupRounds));
    const scans = await inOrder([...SCANS, ...MODEL_SCANS], measure(rounds, 1));
    const ledger = await inOrder(LEDGER, measure(lookupRounds, lookupRounds));
    const everything = await askEverything(bed, { orders, say });
    return {
      bars: [
        ...lookups.map(
          ({ what, read }): Bar => ({
            what: `rows read for ${what}`,
            peer: `the ${rows.toLocaleString('en')} occurrences`,
            bar: `at most ${MAX_ROW_SHARE * 100} %`,
            measured: `${read.toLocaleString('en')}, ${((read / rows) * 100).toFixed(2)} %`,
            kept: read <= rows * MAX_ROW_SHARE,
          }),
        ),
        ...[...lookups, ...scans].flatMap((each) => barOfHand(each)),
        ...[...lookups, ...scans, ...ledger].flatMap((each) => barOfLimits(each)),
        ...everything,
        ...ledger.map(
          ({ what, asked }): Bar => ({
            what,
            peer: NO_PEER,
            bar: `at most ${MAX_MS} ms`,
            measured: `${median(asked).toFixed(0)} ms`,
            kept: median(asked) <= MAX_MS,
          }),
        ),
      ],
      series: [...lookups, ...scans, ...ledger].flatMap(({ what, asked, byHand }): Series[] => [
        ...(asked.length > 0 ? [{ side: what, unit: 'ms' as const, runs: asked }] : []),
        ...byHand.map(({ name, runs }): Series => ({ side: `${what}: by hand, ${name}`, unit: 'ms', runs })),
      ]),
      notes: [
        `${companiesOf(orders).toLocaleString('en')} companies, ${orders.toLocaleString('en')} orders, a tenth of the ids three times; parts as merges left them; the fill took ${fillMinutes.toFixed(0)} minutes`,
        'each round of each question uses another company, id and order; rows read are the most of any round; times are those of the client, from the request to the last row; “1.10 times” is the median over the rounds of our time divided by that of the fastest query by hand',
        ...(short
          ? []
          : [
              `before each question, the caches of ClickHouse ${dropsPages ? 'and the page cache of the machine ' : ''}were emptied, so that no side found its tables in memory because of an earlier question; questions about few rows were then asked ${lookupRounds} times before they were counted`,
            ]),
        'in each round the answers of all sides were the same; a query by hand was not asked again if it had twice taken over a second and three times as long as the fastest one',
        ...[...lookups, ...scans].flatMap(({ what, overLimit }) =>
          Object.entries(overLimit)
            .filter(([side]) => side !== OURS)
            .map(([side, error]) => `${what}: by hand, ${side} reached a limit of readers (${error})`),
        ),
      ],
    };
  };

/** Only of a question that was not answered. */
const barOfLimits = ({ what, overLimit }: Measured): Bar[] =>
  OURS in overLimit
    ? [{ what, peer: NO_PEER, bar: 'within the limits of readers', measured: overLimit[OURS]!, kept: false }]
    : [];

/**
 * Against the fastest of those written by hand: the median of the ratios of all rounds. The two times of a round follow each other, so they
 * differ less by the machine than the medians of all rounds do.
 */
function barOfHand({ what, asked, byHand }: Measured): Bar[] {
  const best = byHand.toSorted((a, b) => median(a.runs) - median(b.runs))[0];
  if (!best || asked.length === 0) return [];
  // A query by hand that was not asked again has fewer runs.
  const times = median(best.runs.slice(0, asked.length).map((ms, round) => asked[round]! / ms));
  return [
    {
      what,
      peer: `the fastest written by hand, ${best.name}`,
      bar: `at most ${MAX_TIME_RATIO} times as long`,
      measured: `${times.toFixed(2)} times`,
      kept: times <= MAX_TIME_RATIO,
    },
  ];
}

/** Companies at even distances, by their credit codes. */
async function loadCustomers({ clickhouse: client, database, account }: TestBed, orders: number): Promise<void> {
  const every = Math.max(1, Math.floor(companiesOf(orders) / CUSTOMERS));
  await client.command({
    query: `
      INSERT INTO \`${database}\`.portfolio_members
        (account, portfolio, member, credit_code, loaded_at, source_topic, source_time)
      SELECT DISTINCT account, 'bench', value, value, now64(3), 'portfolio', now64(3)
      FROM \`${database}\`.company_identities
      WHERE account = '${account}' AND kind = 'CREDIT_CODE' AND toUInt64OrZero(substring(value, 9, 9)) % ${every} = 0
      LIMIT ${CUSTOMERS}`,
  });
  await fillCompanies({ client, database }, { account, loaded: { portfolio: 'bench', loadedAt: Date.now() } });
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
