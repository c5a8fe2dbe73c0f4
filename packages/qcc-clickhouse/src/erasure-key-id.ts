import type { ClickHouseClient } from '@clickhouse/client';
import { WITHOUT_QUORUM } from './create-clickhouse.ts';

type Deps = { client: ClickHouseClient; database: string };

/**
 * Stores which ERASURE_KEY this sink has, so that `qcc erase` and `qcc doctor` can compare theirs. The sink that started last
 * counts.
 * @param keyId of `createErasureKey`, which gives nothing of the key away; null if there is no key.
 */
export async function writeErasureKeyId({ client, database }: Deps, keyId: string | null): Promise<void> {
  await client.insert({
    table: `\`${database}\`.service_settings`,
    values: [{ name: 'ERASURE_KEY', value: keyId ?? '' }],
    columns: ['name', 'value'],
    format: 'JSONEachRow',
    clickhouse_settings: WITHOUT_QUORUM,
  });
}

/** What the last sink stored: null if it has no key, undefined if no sink ever stored one. */
export async function readErasureKeyId({ client, database }: Deps): Promise<string | null | undefined> {
  const result = await client.query({
    query: `SELECT value FROM \`${database}\`.service_settings WHERE name = 'ERASURE_KEY' ORDER BY updated_at DESC LIMIT 1`,
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ value: string }>();
  return row && (row.value || null);
}
