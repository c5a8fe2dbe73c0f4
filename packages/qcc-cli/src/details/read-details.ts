import { readSettings } from 'qcc-core/base/settings';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { connectClickHouse } from '../connect-clickhouse.ts';
import type { Terminal } from '../terminal.ts';

/** Lookups that wait, of one endpoint and level of risk. */
export type PendingLookups = { endpoint: string; category: number; changes: number; calls: number };
export type Spent = { day: string; endpoint: string; code: string; calls: number };

/**
 * What waits for details, as ClickHouse has it: equal questions are asked once, so `calls` is the least it takes (one
 * page each). A level of risk that nobody knows is taken for 1.
 */
export async function readPendingLookups(terminal: Terminal): Promise<PendingLookups[]> {
  await using clickhouse = connectClickHouse(terminal);
  const rows = await clickhouse.rows<Omit<PendingLookups, 'endpoint'> & { type: string }>(
    `SELECT type, category, sum(changes) AS changes, count() AS calls
     FROM (
       SELECT type, min(multiIf(category = '2', 2, category = '3', 3, 1)) AS category, count() AS changes
       FROM {{db}}.record_history AS record FINAL
       WHERE account = {account: String} AND detail_status = 'PENDING'
       GROUP BY type, corp_key_no, trimBoth(ifNull(check_id, ''))
     )
     GROUP BY type, category
     ORDER BY category, type`,
    { account: accountOf(terminal) },
  );
  return rows.map(({ type, ...lookups }) => ({
    endpoint: DETAIL_ENDPOINTS.find((endpoint) => endpoint.type === type)?.call.name ?? `type ${type}`,
    ...lookups,
  }));
}

/** Calls by day, endpoint and code, the newest day first. */
export async function readSpent(terminal: Terminal, days: number): Promise<Spent[]> {
  await using clickhouse = connectClickHouse(terminal);
  return await clickhouse.rows<Spent>(
    `SELECT day, endpoint, code, calls FROM {{db}}.detail_spend
     WHERE account = {account: String} AND day > toDate(now(), 'Asia/Shanghai') - {days: UInt16}
     ORDER BY day DESC, endpoint, code`,
    { account: accountOf(terminal), days },
  );
}

const accountOf = ({ env }: Terminal): string => readSettings(env, ['ACCOUNT']).ACCOUNT;
