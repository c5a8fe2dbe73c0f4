import { DETAIL_ENDPOINTS } from 'detail-enricher/endpoints/all';
import { CLICKHOUSE_SETTINGS, readSettings } from 'qcc-core/settings';
import { readView } from '../read-view.ts';
import type { Terminal } from '../terminal.ts';

/** Lookups that wait, of one endpoint and level of risk. */
export type PendingLookups = { endpoint: string; category: number; changes: number; calls: number };
export type Spent = { day: string; endpoint: string; code: string; calls: number };

const detailSettings = ({ env }: Terminal) => readSettings(env, [...CLICKHOUSE_SETTINGS, 'ACCOUNT']);

/**
 * What waits for details, as ClickHouse has it: equal questions are asked once, so `calls` is the least it takes (one
 * page each). A level of risk that nobody knows is taken for 1.
 */
export async function readPendingLookups(terminal: Terminal): Promise<PendingLookups[]> {
  const settings = detailSettings(terminal);
  const rows = await readView<Omit<PendingLookups, 'endpoint'> & { type: string }>(settings, {
    view: 'record_history',
    query: `
      SELECT type, category, sum(changes) AS changes, count() AS calls
      FROM (
        SELECT type, min(multiIf(category = '2', 2, category = '3', 3, 1)) AS category, count() AS changes
        FROM {{view}} AS record FINAL
        WHERE account = {account: String} AND detail_status = 'PENDING'
        GROUP BY type, corp_key_no, trimBoth(ifNull(check_id, ''))
      )
      GROUP BY type, category
      ORDER BY category, type`,
    params: { account: settings.ACCOUNT },
  });
  return rows.map(({ type, ...lookups }) => ({
    endpoint: DETAIL_ENDPOINTS.find((endpoint) => endpoint.type === type)?.name ?? `type ${type}`,
    ...lookups,
  }));
}

/** Calls by day, endpoint and code, the newest day first. */
export async function readSpent(terminal: Terminal, days: number): Promise<Spent[]> {
  const settings = detailSettings(terminal);
  return await readView<Spent>(settings, {
    view: 'detail_spend',
    query: `
      SELECT day, endpoint, code, calls FROM {{view}}
      WHERE account = {account: String} AND day > toDate(now(), 'Asia/Shanghai') - {days: UInt16}
      ORDER BY day DESC, endpoint, code`,
    params: { account: settings.ACCOUNT, days },
  });
}
