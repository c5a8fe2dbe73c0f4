import type { ClickHouseSide } from './connect-clickhouse.ts';
import { CommandFailure } from './terminal.ts';

/**
 * Call it if nothing was found for the account that --account names. The name may be mistyped.
 * @throws CommandFailure that names the accounts of the database, unless this account is one of them or there is none.
 */
export async function requireKnownAccount(clickhouse: ClickHouseSide, account: string | undefined): Promise<void> {
  if (account === undefined) return;
  const rows = await clickhouse.rows<{ name: string }>(
    `SELECT DISTINCT name FROM (
       SELECT account AS name FROM {{db}}.order_ledger
       UNION ALL SELECT account FROM {{db}}.coverage_facts
       UNION ALL SELECT ifNull(account, '') FROM {{db}}.dead_letters
     ) WHERE name != '' ORDER BY name`,
  );
  const names = rows.map(({ name }) => name);
  if (names.length > 0 && !names.includes(account)) {
    throw new CommandFailure(
      `database ${clickhouse.database} has nothing of account ${account}; it has ${names.join(', ')}`,
    );
  }
}
