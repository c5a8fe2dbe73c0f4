import { readFileSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Settings } from 'qcc-core/settings';

export type ClickHouseSettings = Settings<
  'CLICKHOUSE_URL' | 'CLICKHOUSE_USER' | 'CLICKHOUSE_PASSWORD' | 'CLICKHOUSE_CA_FILE'
>;

/**
 * A client without a database of its own: migrations run before the database exists, so every statement names it.
 * Connects on first use; the caller closes it.
 */
export function createClickHouse(settings: ClickHouseSettings): ClickHouseClient {
  const { CLICKHOUSE_CA_FILE: caFile } = settings;
  return createClient({
    url: settings.CLICKHOUSE_URL,
    username: settings.CLICKHOUSE_USER,
    password: settings.CLICKHOUSE_PASSWORD,
    application: 'qcc-sink',
    request_timeout: 60_000,
    // Rows go out uncompressed: on a local network gzip costs the sink more time than it saves ClickHouse.
    compression: { request: false, response: true },
    // Errors reach the caller; the client's own log would write them to the console unredacted.
    log: { level: ClickHouseLogLevel.OFF },
    ...(caFile && { tls: { ca_cert: readFileSync(caFile) } }),
  });
}
