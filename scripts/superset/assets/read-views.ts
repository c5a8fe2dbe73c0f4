import type { ClickHouseClient } from '@clickhouse/client';
import type { Column, View } from './description.ts';

/** Views with the comments and types of their columns, as a migrated database has them. */
export async function readViews(
  client: ClickHouseClient,
  { database, names }: { database: string; names: readonly string[] },
): Promise<Record<string, View>> {
  const rows = async <Row>(query: string): Promise<Row[]> => {
    const result = await client.query({ query, query_params: { database, names }, format: 'JSONEachRow' });
    return await result.json<Row>();
  };
  const tables = await rows<{ name: string; comment: string }>(
    'SELECT name, comment FROM system.tables WHERE database = {database: String} AND name IN {names: Array(String)}',
  );
  const columns = await rows<Column & { table: string }>(
    `SELECT table, name, type, comment FROM system.columns
    WHERE database = {database: String} AND table IN {names: Array(String)} ORDER BY table, position`,
  );
  return Object.fromEntries(
    tables.map(({ name, comment }) => [
      name,
      {
        comment,
        columns: columns
          .filter(({ table }) => table === name)
          .map((column) => ({ name: column.name, type: column.type, comment: column.comment })),
      },
    ]),
  );
}
