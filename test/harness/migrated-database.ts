import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { migrate, PREPARATION } from 'qcc-clickhouse/migrate/migrate';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { renderMigration } from 'qcc-clickhouse/migrate/render-migration';

/** A migrated database, as the statements that made its functions, tables and views, with `{{database}}` for its name. Read once in each process. */
let template: Promise<readonly string[]> | undefined;

/**
 * Makes a new database as `migrate` leaves it, in a third of the time. The migrations make many views several times, and a copy has
 * only the last of each.
 */
export async function makeMigratedDatabase(client: ClickHouseClient, database: string): Promise<void> {
  template ??= readTemplate(client);
  const copies = (await template).map((statement) => statement.replaceAll('{{database}}', database));
  const [createDatabase = ''] = renderMigration(PREPARATION, { database });
  for (const query of [createDatabase, ...copies]) await client.command({ query });
  await client.insert({
    table: `${database}.schema_migrations`,
    values: readMigrations().map(({ name, checksum }) => ({ name, checksum })),
    columns: ['name', 'checksum'],
    format: 'JSONEachRow',
  });
}

async function readTemplate(client: ClickHouseClient): Promise<string[]> {
  // Not a name that a comment may contain.
  const database = `template_${randomUUID().replaceAll('-', '')}`;
  await migrate(client, { database, mode: 'apply' });
  const result = await client.query({
    // A function belongs to the server, and the copy may be on another one.
    query: `
      SELECT statement FROM (
        SELECT 1 AS place, name, replaceOne(create_query, 'FUNCTION', 'FUNCTION IF NOT EXISTS') AS statement
        FROM system.functions WHERE origin = 'SQLUserDefined'
        UNION ALL
        SELECT if(engine LIKE '%View', 3, 2) AS place, name, create_table_query AS statement
        FROM system.tables WHERE database = {database: String}
      )
      ORDER BY place, name`,
    query_params: { database },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ statement: string }>();
  await client.command({ query: `DROP DATABASE ${database} SYNC` });
  return rows.map(({ statement }) => statement.replaceAll(database, '{{database}}'));
}
