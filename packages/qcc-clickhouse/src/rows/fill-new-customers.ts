import { describeError } from 'qcc-core/base/errors';
import { ClickHouseUnavailableError, type InsertDeps, insertRows, type WriteRows } from '../insert/insert-rows.ts';
import { LONG_STATEMENT } from '../migrate/migrate.ts';

/**
 * Runs an insert of records, and fills the copies for customers again for companies that became customers' meanwhile. ClickHouse runs the
 * views of an insert in no promised order, and a view may read an older state of a table that another view of the insert has filled. So
 * neither the fill of a new customer nor the view that copies a row may see the other's part. Afterwards all rows are there. If this fails,
 * insert the records again: `portfolio_companies_feed` adds a company again for a day. Repeating it changes nothing.
 * @throws ClickHouseUnavailableError, and what the insert throws
 */
export async function fillingNewCustomers<Result>(deps: InsertDeps, insert: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  const result = await insert();
  const sinceMs = Math.ceil(performance.now() - began) + CLOCKS_DIFFER_MS;
  if (await hasNew(deps, sinceMs))
    await insertRows(deps, { table: 'portfolio_companies', write: addAgain, rows: [{ sinceMs }], maxRefused: 0 });
  return result;
}

/** The servers of a cluster. */
const CLOCKS_DIFFER_MS = 5_000;
const ADDED = 'added_at >= now64(3) - toIntervalMillisecond({sinceMs: UInt64})';

async function hasNew({ client, database }: InsertDeps, sinceMs: number): Promise<boolean> {
  try {
    const result = await client.query({
      query: `SELECT 1 FROM \`${database}\`.portfolio_companies WHERE ${ADDED} LIMIT 1`,
      query_params: { sinceMs },
      format: 'JSONEachRow',
    });
    return (await result.json()).length > 0;
  } catch (error) {
    throw new ClickHouseUnavailableError(`${database}.portfolio_companies cannot be read: ${describeError(error)}`, {
      cause: error,
    });
  }
}

const addAgain: WriteRows<{ sinceMs: number }> = async ({ client, database, settings }, table, groups) => {
  const [query_params] = (await Array.fromAsync(groups)).flat();
  // A company may have a long history.
  const { max_execution_time: _, ...unlimited } = settings;
  await client.command({
    query: `INSERT INTO \`${database}\`.${table} (account, corp_key_no, kind, value, added_at, first_added_at)
      SELECT account, corp_key_no, kind, value, added_at, first_added_at FROM \`${database}\`.${table} FINAL
      WHERE ${ADDED} AND (account, corp_key_no) NOT IN (SELECT account, corp_key_no FROM \`${database}\`.erasing_companies)`,
    ...(query_params && { query_params }),
    clickhouse_settings: { ...unlimited, ...LONG_STATEMENT },
  });
};
