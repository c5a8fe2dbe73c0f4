import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type ClickHouseClient, ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import { SERVER_LIMIT_MS } from 'qcc-clickhouse/create-clickhouse';
import { READER_SETTINGS } from 'qcc-clickhouse/roles';
import { OURS } from '../../campaign/waits.ts';
import type { TestBed } from '../../harness/pipeline.ts';
import { companiesOf, companyOf, daysBefore, lastDayOf, orderNoOf, POSITIONS } from '../history.ts';
import { inTurns, median, type RowInput } from '../row.ts';
import type { Inlined, Question } from './questions.ts';

/**
 * @property asked The times of our query, in ms. @property read The most rows that our query read in any round.
 * @property overLimit The sides that exceeded a limit of readers, with the name of the error. They have no times.
 */
export type Measured = {
  what: string;
  asked: number[];
  read: number;
  byHand: { name: string; runs: number[] }[];
  overLimit: Readonly<Record<string, string>>;
};

/** @property warmUps How many rounds run before the first one that counts. */
type Asking = Pick<RowInput, 'rounds' | 'say' | 'within'> & { orders: number; warmUps: number };

/**
 * Runs our query and its rivals in turns, each within the limits of a reader. A query that exceeds a limit is not run again. Neither is a
 * rival that is much slower than the fastest query, because only the fastest rival counts.
 * @throws Error if a side gives another answer than the others, or if nothing is found.
 */
export async function askInTurns(
  bed: TestBed,
  question: Question,
  { orders, rounds, warmUps, say, within }: Asking,
): Promise<Measured> {
  const { what, asked } = question;
  const byHand = Object.entries(question.byHand).map(
    async ([name, query]) => [name, typeof query === 'string' ? query : await written(bed, query)] as const,
  );
  let read = 0;
  let found = 0;
  /** The answer of the side that ran first in a round. */
  let expected: { round: number; answer: unknown[] } | undefined;
  const overLimit: Record<string, string> = {};
  /** The times of each side, also of rounds that do not count. */
  const times: Record<string, number[]> = {};
  const isMuchSlower = (side: string): boolean => {
    const own = times[side] ?? [];
    const least = Math.min(...own);
    const fastest = Math.min(...Object.values(times).flat());
    return side !== OURS && own.length >= ASKED_AT_LEAST && least > SLOW_MS && least > SLOW_TIMES * fastest;
  };
  const answerOf = async (side: string, query: string, round: number) => {
    if (side in overLimit || isMuchSlower(side)) return undefined;
    try {
      const { answer, rowsRead, ms } = await ask(bed.clickhouse, fill(query, bed, { what, round, orders }));
      if (expected?.round !== round) expected = { round, answer };
      if (!isDeepStrictEqual(answer, expected.answer)) throw new Error(`${what}: ${side} gives another answer`);
      found += answer.length;
      times[side] = [...(times[side] ?? []), ms];
      return { rowsRead, ms };
    } catch (error) {
      if (!(error instanceof ClickHouseError && LIMIT_ERRORS.has(error.type ?? ''))) throw error;
      overLimit[side] = error.type!;
      return undefined;
    }
  };
  const sides: Record<string, (round: number) => Promise<number>> = {
    [OURS]: async (round) => {
      const own = await answerOf(OURS, asked, round);
      read = Math.max(read, own?.rowsRead ?? 0);
      return own?.ms ?? Number.NaN;
    },
    ...Object.fromEntries(
      (await Promise.all(byHand)).map(([name, query]) => [
        name,
        async (round: number) => (await answerOf(name, query, round))?.ms ?? Number.NaN,
      ]),
    ),
  };
  const runs = await inTurns(rounds, sides, { within, rotated: true, warmUps });
  if (found === 0 && !(OURS in overLimit)) throw new Error(`${what}: nothing found in any round`);
  const counted = Object.entries(runs).map(([name, each]) => [name, isMuchSlower(name) ? times[name]! : each] as const);
  const figures = counted.map(([name, each]) => `${name} ${overLimit[name] ?? `${median(each).toFixed(0)} ms`}`);
  say(`${what}: ${read} rows, ${figures.join(', ')}`);
  const { [OURS]: own = [], ...others } = Object.fromEntries(counted);
  return {
    what,
    asked: OURS in overLimit ? [] : own,
    read,
    byHand: Object.entries(others)
      .filter(([name]) => !(name in overLimit))
      .map(([name, each]) => ({ name, runs: each })),
    overLimit,
  };
}

async function written(
  { query, database }: TestBed,
  { select, view, where, having = 'true' }: Inlined,
): Promise<string> {
  const [row] = await query<{ body: string }>(
    `SELECT as_select AS body FROM system.tables WHERE database = '{{db}}' AND name = '${view}'`,
  );
  const body = Object.entries(where).reduce((text, [table, condition]) => {
    const read = new RegExp(`FROM ${database}\\.${table}\\b( AS \\w+)?( FINAL)?`, 'g');
    if (text.search(read) < 0) throw new Error(`${view} does not read ${table}`);
    return text.replace(
      read,
      (_, alias = '', final = '') => `FROM (SELECT * FROM ${database}.${table}${final} WHERE ${condition})${alias}`,
    );
  }, row!.body);
  return `SELECT ${select} FROM (${body}) WHERE ${having}`;
}

/**
 * The settings of readers, with two differences. `readonly` is missing, because the bench needs the statistics of its queries. The time
 * limit is that of the server, because a client waits no longer than 60 s.
 */
export const LIMITS: ClickHouseSettings = {
  ...Object.fromEntries(
    Object.entries(READER_SETTINGS)
      .filter(([name]) => name !== 'readonly')
      .map(([name, { value }]) => [name, value]),
  ),
  max_execution_time: SERVER_LIMIT_MS / 1_000,
};

/**
 * Runs a query. The rows are sorted, because most queries do not order them.
 * @returns also the time from the request to the last row, in ms
 */
async function ask(
  client: ClickHouseClient,
  query: string,
): Promise<{ answer: string[]; rowsRead: number; ms: number }> {
  const began = performance.now();
  const result = await client.query({ query, format: 'JSONCompact', clickhouse_settings: LIMITS });
  const { data, statistics } = await result.json<unknown[]>();
  const ms = performance.now() - began;
  return { answer: data.map((row) => JSON.stringify(row)).sort(), rowsRead: statistics!.rows_read, ms };
}

/** A rival is not asked again if all its answers so far, at least two, took over a second and three times as long as the fastest answer. */
const ASKED_AT_LEAST = 2;
const SLOW_MS = 1_000;
const SLOW_TIMES = 3;

const LIMIT_ERRORS: ReadonlySet<string> = new Set(['MEMORY_LIMIT_EXCEEDED', 'TIMEOUT_EXCEEDED']);

const PRIME = 10_007;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/**
 * Uses another company, id and order for each question and each round. Otherwise the data of an earlier question would be in caches, and
 * only the sides that read the same table would be faster. Each id was pushed several times.
 */
function fill(
  query: string,
  bed: TestBed,
  { what, round, orders }: { what: string; round: number; orders: number },
): string {
  const nth = Number.parseInt(md5(what).slice(0, 8), 16) + (round + 1) * PRIME;
  const dozens = Math.floor((orders * POSITIONS) / 12);
  const last = lastDayOf(orders);
  const values: Record<string, string> = {
    db: bed.database,
    account: bed.account,
    company: companyOf(nth % companiesOf(orders)),
    id: md5(`id${12 * (nth % dozens)}`),
    order: orderNoOf(nth % orders),
    yesterday: daysBefore(last, 1),
    week: daysBefore(last, 7),
    month: daysBefore(last, 30),
  };
  return query.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]!);
}
