import type { ClickHouseSettings } from '../create-clickhouse.ts';

/** Settings of a server without TLS whose default user has no password, as the local stack has it. */
export const asDefaultUser = (url: string, cluster?: string): ClickHouseSettings => ({
  CLICKHOUSE_URL: url,
  CLICKHOUSE_USER: 'default',
  CLICKHOUSE_PASSWORD: '',
  CLICKHOUSE_CA_FILE: undefined,
  CLICKHOUSE_CLUSTER: cluster,
});
