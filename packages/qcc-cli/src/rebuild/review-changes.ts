import type { InsertDeps } from 'qcc-clickhouse/insert/insert-rows';
import { renderAmendment } from 'qcc-clickhouse/migrate/derivation';
import { LONG_STATEMENT } from 'qcc-clickhouse/migrate/migrate';
import { NOT_ERASING, SINCE } from 'qcc-clickhouse/rows/follow-up-derivations';

/** Rows of `change_log` per statement, which holds the rows of their ids in memory for a join. */
const ROWS_AT_ONCE = 500_000;

/**
 * Amends the changes that were derived since the given time and contradict `first_pushes` or the ledger. A rebuild and the sink may insert
 * records of one id at the same moment, and neither's views see the other's rows.
 * @param since A time of `readServerTime`.
 * @throws the client's errors: the call can be repeated.
 */
export async function reviewChanges({ client, database }: InsertDeps, since: string): Promise<void> {
  const inDatabase = (sql: string) => sql.replaceAll('{{database}}', `\`${database}\``);
  const derived = `FROM {{database}}.change_log WHERE ingested_at >= ${SINCE} AND ${NOT_ERASING}`;
  const counted = await client.query({
    query: inDatabase(`SELECT count() AS rows ${derived}`),
    query_params: { since },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [{ rows = 0 } = {}] = await counted.json<{ rows: number }>();
  const parts = Math.ceil(rows / ROWS_AT_ONCE);
  const ids = `SELECT account, corp_key_no, id ${derived} AND cityHash64(corp_key_no) % {parts: UInt32} = {part: UInt32}`;
  const query = inDatabase(`INSERT INTO {{database}}.change_log ${renderAmendment(ids)}`);
  for (let part = 0; part < parts; part += 1) {
    const query_params = { since, parts, part };
    // Otherwise a replicated table may drop rows that it has seen before, as duplicates.
    const clickhouse_settings = { ...LONG_STATEMENT, insert_deduplicate: 0 } as const;
    await client.command({ query, query_params, clickhouse_settings });
  }
}
