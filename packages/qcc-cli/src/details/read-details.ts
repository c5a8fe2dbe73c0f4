import { DETAIL_ENDPOINTS } from 'detail-enricher/endpoints/all';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/settings';
import { createClickHouse } from 'sink/create-clickhouse';
import { CommandFailure, type Terminal } from '../terminal.ts';

/** Lookups that wait, of one endpoint and level of risk. */
export type PendingLookups = { endpoint: string; category: string; changes: number; calls: number };
export type Spent = { day: string; endpoint: string; code: string; calls: number };

/**
 * What waits for details, as ClickHouse has it: equal questions are asked once, so `calls` is the least it takes (one
 * page each). A level of risk that nobody knows is taken for 1.
 */
export async function readPendingLookups(terminal: Terminal): Promise<PendingLookups[]> {
  const rows = await select<{ type: string; category: number; changes: number; calls: number }>(terminal, {
    table: 'record_history',
    query: (table, account) => `
      SELECT type, category, sum(changes) AS changes, count() AS calls
      FROM (
        SELECT type, min(multiIf(category = '2', 2, category = '3', 3, 1)) AS category, count() AS changes
        FROM ${table} AS record FINAL
        WHERE account = ${account} AND detail_status = 'PENDING'
        GROUP BY type, corp_key_no, trimBoth(ifNull(check_id, ''))
      )
      GROUP BY type, category
      ORDER BY category, type`,
  });
  return rows.map(({ type, category, changes, calls }) => ({
    endpoint: DETAIL_ENDPOINTS.find((endpoint) => endpoint.type === type)?.name ?? `type ${type}`,
    category: String(category),
    changes: Number(changes),
    calls: Number(calls),
  }));
}

/** Calls by day, endpoint and code, the newest day first. */
export async function readSpent(terminal: Terminal, days: number): Promise<Spent[]> {
  const rows = await select<Spent>(terminal, {
    table: 'detail_spend',
    query: (table, account) => `
      SELECT day, endpoint, code, calls FROM ${table}
      WHERE account = ${account} AND day > toDate(now(), 'Asia/Shanghai') - ${days}
      ORDER BY day DESC, endpoint, code`,
  });
  return rows.map((row) => ({ ...row, calls: Number(row.calls) }));
}

async function select<Row>(
  { env }: Terminal,
  { table, query }: { table: string; query: (table: string, account: string) => string },
): Promise<Row[]> {
  const settings = readSettings(env, [...CLICKHOUSE_SETTINGS, 'ACCOUNT']);
  await using clickhouse = createClickHouse(settings);
  try {
    const result = await clickhouse.query({
      query: query(`\`${settings.CLICKHOUSE_DATABASE}\`.${table}`, '{account: String}'),
      query_params: { account: settings.ACCOUNT },
      format: 'JSONEachRow',
    });
    return await result.json<Row>();
  } catch (error) {
    throw new CommandFailure(
      `${settings.CLICKHOUSE_DATABASE}.${table} cannot be read; \`qcc doctor\` says what is missing`,
      { cause: error },
    );
  }
}
