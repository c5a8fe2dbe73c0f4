import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { readQueries } from 'qcc-clickhouse/queries/read-queries';
import { renderQuery } from 'qcc-clickhouse/queries/render-query';
import { ROLES } from 'qcc-clickhouse/roles';
import { describeError } from 'qcc-core/base/errors';
import type { TestBed } from '../../harness/pipeline.ts';
import { companyOf, daysBefore, lastDayOf } from '../history.ts';
import { type Bar, NO_PEER } from '../row.ts';
import { LIMITS } from './ask-in-turns.ts';

/** Rows that are read of each view. */
const ROWS = 100;

/**
 * Runs every query of the catalogue, on masked and plain views, and reads rows of every view that a role may read. Each has to stay within
 * the limits of readers. The bench's own user runs them, so grants and quotas do not matter.
 */
export async function askEverything(
  bed: TestBed,
  { orders, say }: { orders: number; say(line: string): void },
): Promise<Bar[]> {
  const { clickhouse, database, account } = bed;
  const last = lastDayOf(orders);
  const given: Readonly<Record<string, string>> = {
    portfolio: 'bench',
    company: companyOf(0),
    from: daysBefore(last, 30),
    to: last,
    day: daysBefore(last, 30),
  };
  const queries = readQueries().flatMap((query) => {
    const values = Object.fromEntries(query.parameters.map(({ name }) => [name, given[name]!]));
    return [true, false].map((masked) => ({
      name: `${query.name}${masked ? '' : ', not masked'}`,
      sql: renderQuery(query, { database, account, masked, values }),
    }));
  });
  const views = ROLES.qcc_investigator.map((name) => ({
    name,
    sql: `SELECT * FROM \`${database}\`.${name} LIMIT ${ROWS}`,
  }));
  return [
    await barOf(clickhouse, 'every query of the catalogue', { asked: queries, say }),
    await barOf(clickhouse, `${ROWS} rows of every view`, { asked: views, say }),
  ];
}

type Asked = { name: string; sql: string };

async function barOf(
  client: ClickHouseClient,
  what: string,
  { asked, say }: { asked: readonly Asked[]; say(line: string): void },
): Promise<Bar> {
  const failed: string[] = [];
  let slowest = { name: '', ms: 0 };
  for (const { name, sql } of asked) {
    const began = performance.now();
    try {
      // If a limit ends the answer early, it is not valid JSON.
      await (await client.query({ query: sql, format: 'JSONCompact', clickhouse_settings: LIMITS })).json();
    } catch (error) {
      failed.push(`${name} (${error instanceof ClickHouseError ? error.type : describeError(error)})`);
    }
    const ms = performance.now() - began;
    if (ms > slowest.ms) slowest = { name, ms };
    say(`${name}: ${ms.toFixed(0)} ms`);
  }
  const figures = `${asked.length - failed.length} of ${asked.length}; the slowest, ${slowest.name}, ${(slowest.ms / 1_000).toFixed(1)} s`;
  return {
    what,
    peer: NO_PEER,
    bar: 'within the limits of readers',
    measured: failed.length === 0 ? figures : `${figures}; not ${failed.join(', ')}`,
    kept: failed.length === 0,
  };
}
