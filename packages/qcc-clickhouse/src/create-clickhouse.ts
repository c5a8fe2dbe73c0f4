import { readFileSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Settings } from 'qcc-core/base/settings';
import { createFailoverClient, type Switch } from './failover.ts';

export type ClickHouseSettings = Settings<
  'CLICKHOUSE_URL' | 'CLICKHOUSE_USER' | 'CLICKHOUSE_PASSWORD' | 'CLICKHOUSE_CA_FILE' | 'CLICKHOUSE_CLUSTER'
>;

/** A client waits so long for the next byte of a response. */
const REQUEST_TIMEOUT_MS = 60_000;

/** For what the server limits: it gives up before the client does, so that it can say why. */
export const SERVER_LIMIT_MS = REQUEST_TIMEOUT_MS - 10_000;

/**
 * An insert is acknowledged once most replicas have it, also in the tables that views fill from it. Otherwise, after the loss of a replica,
 * the ledger could count rows that no longer exist. With too few replicas the insert fails, and the sink waits.
 */
const QUORUM = { insert_quorum: 'auto', insert_quorum_timeout: SERVER_LIMIT_MS } as const;

/**
 * For rows that are written again at the next start, so that their loss with a server does no harm. A sink therefore starts while a replica
 * is unavailable, and waits only with the rows of orders.
 */
export const WITHOUT_QUORUM = { insert_quorum: '0' } as const;

/** The servers of CLICKHOUSE_URL, in its order. */
export const clickHouseUrls = ({ CLICKHOUSE_URL }: Pick<ClickHouseSettings, 'CLICKHOUSE_URL'>): string[] =>
  CLICKHOUSE_URL.split(',');

/**
 * A client without a database of its own: migrations run before the database exists, so every statement names it.
 * On a cluster every insert is acknowledged only once most replicas have it. Connects on first use; the caller closes it.
 * With several URLs, see `createFailoverClient`.
 */
export function createClickHouse(
  settings: ClickHouseSettings,
  options: { onSwitch?: (change: Switch) => void } = {},
): ClickHouseClient {
  const [first, ...others] = clickHouseUrls(settings).map((url) => ({ url, client: createOne(url, settings) }));
  return others.length === 0 ? first!.client : createFailoverClient([first!, ...others], options);
}

function createOne(url: string, settings: ClickHouseSettings): ClickHouseClient {
  const { CLICKHOUSE_CA_FILE: caFile, CLICKHOUSE_CLUSTER: cluster } = settings;
  return createClient({
    url,
    username: settings.CLICKHOUSE_USER,
    password: settings.CLICKHOUSE_PASSWORD,
    application: 'qcc-sink',
    request_timeout: REQUEST_TIMEOUT_MS,
    // Rows go out uncompressed: on a local network gzip costs the sink more time than it saves ClickHouse.
    compression: { request: false, response: true },
    ...(cluster !== undefined && { clickhouse_settings: QUORUM }),
    // Errors reach the caller; the client's own log would write them to the console unredacted.
    log: { level: ClickHouseLogLevel.OFF },
    ...(caFile && { tls: { ca_cert: readFileSync(caFile) } }),
  });
}
