import type { ClickHouseClient } from '@clickhouse/client';
import type { Settings } from 'qcc-core/base/settings';

/** Tells the views what they need to know of the settings: after how long the ledger calls an order overdue. */
export async function writeServiceSettings(
  { client, database }: { client: ClickHouseClient; database: string },
  settings: Settings<'ORDER_DEADLINE_MS'>,
): Promise<void> {
  await client.insert({
    table: `\`${database}\`.service_settings`,
    values: [{ name: 'ORDER_DEADLINE_MS', value: String(settings.ORDER_DEADLINE_MS) }],
    columns: ['name', 'value'],
    format: 'JSONEachRow',
  });
}
