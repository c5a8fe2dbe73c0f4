import type { ClickHouseClient } from '@clickhouse/client';
import type { Chart } from '../assets/description.ts';

/** What the chart has to show, by its own SQL and without Superset. */
export async function expectedRows(
  client: ClickHouseClient,
  chart: Chart,
  { database }: { database: string },
): Promise<unknown[][]> {
  const query = chart.expected.replaceAll('{db}', database);
  const result = await client.query({ query, format: 'JSONCompact' });
  return (await result.json<unknown[]>()).data;
}
