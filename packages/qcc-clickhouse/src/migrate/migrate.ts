import { type ClickHouseClient, ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import pRetry from 'p-retry';
import { WITHOUT_QUORUM } from '../create-clickhouse.ts';
import { oneServer } from '../failover.ts';
import { copyMissing } from './copy-missing.ts';
import { type Migration, readMigrations } from './read-migrations.ts';
import { type MigrationTarget, renderMigration } from './render-migration.ts';
import { requireCluster } from './require-cluster.ts';
import { createClusterRunner } from './run-on-cluster.ts';

/** The tables are not what this version needs, and a person has to act. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

export type MigrateInput = MigrationTarget & {
  /** `check` creates nothing, needs no right to, and throws where something is missing. */
  mode: 'apply' | 'check';
  migrations?: readonly Migration[];
  /** Gets the servers of a cluster that run the statements later, see `createClusterRunner`. */
  onUnfinished?: (names: readonly string[]) => void;
};

/**
 * Brings the database to the state this version needs; resolves to the names of the migrations it ran.
 *
 * Each migration is applied once. Its statements are idempotent, so a migration that was cut off, or that two instances run at the
 * same time, is simply run again.
 * On a cluster, all migrations after a missing one are run again: the server may only lack the rows that say that they were applied,
 * and some of them replace views of earlier ones. An unavailable server runs the statements when it is back. If some of them fail
 * there, the next call creates the missing tables and views (`copyMissing`).
 *
 * Uses one server, because a migration is recorded on the server that ran it and the next one needs its tables.
 * @throws MigrationError if an applied migration was edited, one fails, or (`check`) one is missing; ClusterError if the cluster
 *   cannot hold the tables.
 */
export async function migrate(servers: ClickHouseClient, input: MigrateInput): Promise<string[]> {
  const client = await oneServer(servers);
  const { database, cluster, mode, migrations = readMigrations(), onUnfinished = () => {} } = input;
  const runHere = async (query: string): Promise<void> =>
    void (await client.command({ query, clickhouse_settings: LONG_STATEMENT }));
  let runEverywhere = runHere;
  if (cluster !== undefined) {
    runEverywhere = createClusterRunner(client, await requireCluster(client, cluster), onUnfinished);
    const [createDatabase = ''] = renderMigration(DATABASE, { database, cluster });
    const names = namesOf(migrations);
    if (mode === 'apply') await copyMissing(client, { database, cluster, createDatabase, names }, runEverywhere);
  }
  const applied = await readApplied(client, database);
  refuseEdited(migrations, applied, database);

  const missing = migrationsToRun(migrations, applied, cluster);
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  if (mode === 'check') {
    throw new MigrationError(
      `database ${database} lacks the migrations ${names.join(', ')}: start the sink once with MIGRATIONS=apply, the default, as a user who may create them`,
    );
  }
  // The rows of an INSERT reach the other servers by replication.
  const run = (query: string) => (isInsert(query) ? runHere(query) : runEverywhere(query));
  await runStatements(run, { ...input, name: 'schema_migrations', template: PREPARATION });
  for (const { name, template, checksum } of missing) {
    await runStatements(run, { ...input, name, template });
    await client.insert({
      table: `\`${database}\`.schema_migrations`,
      values: [{ name, checksum }],
      columns: ['name', 'checksum'],
      format: 'JSONEachRow',
      clickhouse_settings: WITHOUT_QUORUM,
    });
  }
  return names;
}

function migrationsToRun(
  migrations: readonly Migration[],
  applied: ReadonlyMap<string, string>,
  cluster: string | undefined,
): Migration[] {
  const missing = migrations.filter(({ name }) => !applied.has(name));
  return cluster === undefined || missing.length === 0 ? missing : migrations.slice(migrations.indexOf(missing[0]!));
}

/** The statement may begin with comments. */
const isInsert = (query: string): boolean => /^(?:--.*\n|\s)*INSERT INTO /.test(query);

/**
 * An INSERT fills a new table from all earlier rows, which takes minutes if there are many. ClickHouse then answers with headers about
 * its progress, so that the connection does not count as idle, and sorts and groups on disk what would need too much memory.
 */
export const LONG_STATEMENT: ClickHouseSettings = {
  wait_end_of_query: 1,
  send_progress_in_http_headers: 1,
  http_headers_progress_interval_ms: '20000',
  max_bytes_before_external_group_by: '1000000000',
  max_bytes_before_external_sort: '1000000000',
};

/** The tables and views that are there after these migrations. */
function namesOf(migrations: readonly Migration[]): Set<string> {
  const names = new Set(['schema_migrations']);
  for (const { template } of migrations)
    for (const [, verb, name = ''] of template.matchAll(
      /^(CREATE|DROP) (?:OR REPLACE )?(?:TABLE|VIEW|MATERIALIZED VIEW) (?:IF (?:NOT )?EXISTS )?\{\{database\}\}\.(\w+)/gm,
    ))
      if (verb === 'CREATE') names.add(name);
      else names.delete(name);
  return names;
}

const DATABASE = `
CREATE DATABASE IF NOT EXISTS {{database}} {{on_cluster}}
ENGINE = Atomic
COMMENT '企查查年检监控数据'
;
`;

/** Makes the database and the table of what was applied. */
export const PREPARATION = `${DATABASE}
CREATE TABLE IF NOT EXISTS {{database}}.schema_migrations {{on_cluster}} (
  name String COMMENT '迁移名称',
  checksum String COMMENT '迁移内容的 SHA-256',
  applied_at DateTime64(3, 'Asia/Shanghai') DEFAULT now64(3, 'Asia/Shanghai') COMMENT '执行时间（北京时间）',
  applied_day Date DEFAULT toDate(applied_at) COMMENT '执行日期（北京时间）'
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY name
COMMENT '已执行的表结构迁移'
;
`;

// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
const UNKNOWN_TABLE = '60';
const UNKNOWN_DATABASE = '81';
/** A statement may fail with these if another instance replaces the same view at the same moment. */
const VIEW_IS_REPLACED: ReadonlySet<string> = new Set([
  UNKNOWN_TABLE,
  '218', // TABLE_IS_DROPPED
  '517', // CANNOT_ASSIGN_ALTER
  '521', // ATOMIC_RENAME_FAIL
]);
const RETRIES = { retries: 5, minTimeout: 100, maxTimeout: 1_000 };

/** Name → checksum; none where the database is still to be made. */
async function readApplied(client: ClickHouseClient, database: string): Promise<Map<string, string>> {
  try {
    const result = await client.query({
      query: `SELECT name, checksum FROM \`${database}\`.schema_migrations FINAL`,
      format: 'JSONEachRow',
    });
    const rows = await result.json<{ name: string; checksum: string }>();
    return new Map(rows.map(({ name, checksum }) => [name, checksum]));
  } catch (error) {
    if (error instanceof ClickHouseError && [UNKNOWN_TABLE, UNKNOWN_DATABASE].includes(error.code)) return new Map();
    throw error;
  }
}

function refuseEdited(migrations: readonly Migration[], applied: ReadonlyMap<string, string>, database: string): void {
  const edited = migrations.filter(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum);
  if (edited.length === 0) return;
  throw new MigrationError(
    `${edited.map(({ name }) => name).join(', ')} changed after database ${database} was migrated by it: restore the file and put the change into a new migration`,
  );
}

type Script = MigrationTarget & { name: string; template: string };

async function runStatements(
  run: (query: string) => Promise<unknown>,
  { name, template, ...target }: Script,
): Promise<void> {
  for (const [index, query] of renderMigration(template, target).entries()) {
    try {
      await pRetry(() => run(query), {
        ...RETRIES,
        shouldRetry: ({ error }) => error instanceof ClickHouseError && VIEW_IS_REPLACED.has(error.code),
      });
    } catch (error) {
      throw new MigrationError(
        `statement ${index + 1} of migration ${name} failed in database ${target.database}: ${error instanceof Error ? error.message : error}`,
        { cause: error },
      );
    }
  }
}
