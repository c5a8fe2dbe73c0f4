import type { InsertDeps } from 'qcc-clickhouse/insert/insert-rows';
import { renderAmendment } from 'qcc-clickhouse/migrate/derivation';
import { LONG_STATEMENT } from 'qcc-clickhouse/migrate/migrate';
import { NOT_ERASING, SINCE } from 'qcc-clickhouse/rows/follow-up-derivations';

/** Rows of `change_log` that are reviewed at once: those of their ids are held in memory while they are joined. */
const ROWS_AT_ONCE = 500_000;

/**
 * Derives the changes again whose ids were derived since then, where they do not agree with `first_pushes`. A rebuild and the sink may insert
 * records of the same id at the same moment, and the views of neither see the other's.
 * @param since A time of `readServerTime`.
 * @throws the client's errors: the call can be repeated.
 */
export async function reviewChanges({ client, database }: InsertDeps, since: string): Promise<void> {
  const inDatabase = (sql: string) => sql.replaceAll('{{database}}', `\`${database}\``);
  const derived = `FROM {{database}}.change_log WHERE ingested_at >= ${SINCE} AND ${NOT_ERASING}`;
  const counted = await client.query({
    query: inDatabase(`SELECT count() AS n ${derived}`),
    query_params: { since },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const [{ n = 0 } = {}] = await counted.json<{ n: number }>();
  const parts = Math.ceil(n / ROWS_AT_ONCE);
  const ids = `SELECT account, corp_key_no, id ${derived} AND cityHash64(corp_key_no) % {parts: UInt32} = {part: UInt32}`;
  const query = inDatabase(`INSERT INTO {{database}}.change_log ${renderAmendment(ids)}`);
  for (let part = 0; part < parts; part += 1) {
    const query_params = { since, parts, part };
    // Otherwise a replicated table may take rows that it had once for a repetition.
    const clickhouse_settings = { ...LONG_STATEMENT, insert_deduplicate: 0 } as const;
    await client.command({ query, query_params, clickhouse_settings });
  }
}
