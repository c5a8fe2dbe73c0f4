import { describeError } from 'qcc-core/base/errors';
import { ClickHouseUnavailableError, type InsertDeps, insertRows, type WriteRows } from '../insert/insert-rows.ts';

/**
 * Runs an insert of records, and fills the copies for customers again for companies that became customers' meanwhile. ClickHouse runs the
 * views of an insert in no promised order: the fill of a new customer may run before a row is in the table that it reads, and the view that
 * copies the row before the company is in `portfolio_companies`. Afterwards all rows are there. If it fails, insert the records again: for
 * a day, a company is added again. Repeating it changes nothing. Without customers it asks only whether there are any.
 * @throws ClickHouseUnavailableError, and what the insert throws
 */
export async function fillingNewCustomers<Result>(deps: InsertDeps, insert: () => Promise<Result>): Promise<Result> {
  const { since, hasCustomers } = await startOf(deps);
  const result = await insert();
  if (hasCustomers)
    await insertRows(deps, { table: 'portfolio_companies', write: writeAgain, rows: [{ since }], maxRefused: 0 });
  return result;
}

/** The server's time, which `added_at` is in, less what the clocks of two servers may differ. */
async function startOf({ client, database }: InsertDeps): Promise<{ since: string; hasCustomers: boolean }> {
  try {
    const result = await client.query({
      query: `SELECT now64(3, 'UTC') - INTERVAL 5 SECOND AS since,
        (SELECT count() FROM (SELECT 1 FROM \`${database}\`.portfolio_members LIMIT 1)) > 0 AS hasCustomers`,
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ since: string; hasCustomers: number }>();
    return { since: row!.since, hasCustomers: row!.hasCustomers === 1 };
  } catch (error) {
    throw new ClickHouseUnavailableError(
      `${database} does not say which customers there are: ${describeError(error)}`,
      {
        cause: error,
      },
    );
  }
}

const writeAgain: WriteRows<{ since: string }> = async ({ client, database, settings }, table, groups) => {
  const [{ since }] = (await Array.fromAsync(groups)).flat() as [{ since: string }];
  await client.command({
    query: `INSERT INTO \`${database}\`.${table} (account, corp_key_no, kind, value, added_at)
      SELECT account, corp_key_no, kind, value, added_at FROM \`${database}\`.${table} FINAL
      WHERE added_at >= toDateTime64({since: String}, 3, 'UTC')`,
    query_params: { since },
    clickhouse_settings: settings,
  });
};
