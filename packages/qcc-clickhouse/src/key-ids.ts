import type { ClickHouseClient } from '@clickhouse/client';
import { WITHOUT_QUORUM } from './create-clickhouse.ts';

type Deps = { client: ClickHouseClient; database: string };

/** Settings that sink and operator's tool must have alike. */
export type SharedKey = 'ERASURE_KEY' | 'PSEUDONYM_KEY';

/**
 * Stores which key this sink has, so that `npx qcc` can compare its own. The sink that started last counts.
 * @param keyId reveals nothing about the key; null without a key.
 */
export async function writeKeyId({ client, database }: Deps, name: SharedKey, keyId: string | null): Promise<void> {
  await client.insert({
    table: `\`${database}\`.service_settings`,
    values: [{ name, value: keyId ?? '' }],
    columns: ['name', 'value'],
    format: 'JSONEachRow',
    clickhouse_settings: WITHOUT_QUORUM,
  });
}

/** What the last sink stored: null if it has no key, undefined if no sink ever stored one. */
export async function readKeyId({ client, database }: Deps, name: SharedKey): Promise<string | null | undefined> {
  const result = await client.query({
    query: `SELECT value FROM \`${database}\`.service_settings WHERE name = {name: String} ORDER BY updated_at DESC LIMIT 1`,
    query_params: { name },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ value: string }>();
  return row && (row.value || null);
}
