import { describeError } from 'qcc-core/base/errors';
import { ClickHouseUnavailableError, type InsertDeps, insertRows, type WriteRows } from '../insert/insert-rows.ts';

/**
 * Runs an insert of records, and fills the copies for customers again for companies that became customers' meanwhile. ClickHouse runs the
 * views of an insert in no promised order: the fill of a new customer may run before a row is in the table that it reads, and the view that
 * copies the row before the company is in `portfolio_companies`. Afterwards all rows are there. If it fails, insert the records again: for
 * a day, a company is added again. Repeating it changes nothing. Usually there is no new customer, and it only asks.
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
  await client.command({
    query: `INSERT INTO \`${database}\`.${table} (account, corp_key_no, kind, value, added_at)
      SELECT account, corp_key_no, kind, value, added_at FROM \`${database}\`.${table} FINAL WHERE ${ADDED}`,
    ...(query_params && { query_params }),
    clickhouse_settings: settings,
  });
};
