import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { MigrationError, migrate } from 'qcc-clickhouse/migrate/migrate';
import { readMigrations } from 'qcc-clickhouse/migrate/read-migrations';
import { PERSONAL_COLUMNS } from 'qcc-clickhouse/personal-columns';
import { CHANGE_TYPES, ORDER_STAGES, RISK_CATEGORIES } from 'qcc-core/contract/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startClickHouse } from '../../stack/clickhouse.ts';
import { steadyPort } from '../../stack/ports.ts';
import { makeTemporaryFolder } from '../../stack/temporary-folder.ts';
import { makeMigratedDatabase } from '../harness/migrated-database.ts';
import { connect, freshName, openSinkDatabase, recordRow, type SinkDatabase } from './sink-database.ts';

const url = inject('stack').CLICKHOUSE_URL;
const client = connect(url);
const made: string[] = [];
const newName = (): string => {
  const database = freshName();
  made.push(database);
  return database;
};
afterAll(async () => {
  for (const database of made) await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
  await client.close();
});

/** What the field `date` of `changeExtend` is for each type that has one (document 6.2.6). The others have none there. */
const DATES_OF_TYPES = {
  // 最新的列入时间
  [CHANGE_TYPES['2']!]: '最近一次列入的日期',
  [CHANGE_TYPES['10']!]: '最近一次列入的日期',
  // 最新发布时间
  [CHANGE_TYPES['11']!]: '最近一次发布的日期',
  // 吊销注销时间
  [CHANGE_TYPES['1']!]: '吊销、注销的日期',
};

describe('migrate', () => {
  it('applies every migration once', async () => {
    const database = newName();
    const names = readMigrations().map(({ name }) => name);
    expect(await migrate(client, { database, mode: 'apply' })).toEqual(names);
    expect(await migrate(client, { database, mode: 'apply' })).toEqual([]);
    expect(await migrate(client, { database, mode: 'check' })).toEqual([]);
  });

  it('lets two instances begin at the same time', { tags: 'whole' }, async () => {
    const database = newName();
    await Promise.all([1, 2].map(() => migrate(client, { database, mode: 'apply' })));
    expect(await migrate(client, { database, mode: 'check' })).toEqual([]);
  });

  it('finishes what an earlier run began', { tags: 'whole' }, async () => {
    const database = newName();
    const [first, ...others] = readMigrations();
    await migrate(client, { database, mode: 'apply', migrations: [first!] });
    await client.command({ query: `TRUNCATE TABLE ${database}.schema_migrations` });
    const names = [first!, ...others].map(({ name }) => name);
    expect(await migrate(client, { database, mode: 'apply' })).toEqual(names);
  });

  it('refuses an applied migration that was edited', async () => {
    const database = newName();
    const migrations = [{ name: '001_a', template: 'SELECT 1', checksum: 'one' }];
    await migrate(client, { database, mode: 'apply', migrations });
    const edited = [{ name: '001_a', template: 'SELECT 2', checksum: 'two' }];
    await expect(migrate(client, { database, mode: 'apply', migrations: edited })).rejects.toThrow(
      `001_a changed after database ${database} was migrated by it`,
    );
  });

  it('names the migration and the statement that fails, and does not count it as applied', async () => {
    const database = newName();
    const migrations = [{ name: '001_a', template: 'SELECT 1\n;\nSELECT nothing', checksum: 'one' }];
    const failure = await migrate(client, { database, mode: 'apply', migrations }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationError);
    expect(String(failure)).toContain('statement 2 of migration 001_a failed');
    await expect(migrate(client, { database, mode: 'check', migrations })).rejects.toThrow(
      'lacks the migrations 001_a',
    );
  });

  it('refuses a cluster that the server does not know, and creates nothing', async () => {
    const database = newName();
    await expect(migrate(client, { database, cluster: 'nowhere', mode: 'apply' })).rejects.toThrow(
      'the ClickHouse cluster nowhere (CLICKHOUSE_CLUSTER) is unknown to the server that answers',
    );
    const made = await client.query({ query: `EXISTS DATABASE ${database}`, format: 'JSONEachRow' });
    expect(await made.json()).toEqual([{ result: 0 }]);
  });

  it('says what is missing when it may only read, and creates nothing', async () => {
    const database = newName();
    const reader = createClient({
      url,
      clickhouse_settings: { readonly: '2' },
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      const names = readMigrations().map(({ name }) => name);
      await expect(migrate(reader, { database, mode: 'check' })).rejects.toThrow(names.join(', '));
      const made = await client.query({ query: `EXISTS DATABASE ${database}`, format: 'JSONEachRow' });
      expect(await made.json()).toEqual([{ result: 0 }]);
      await migrate(client, { database, mode: 'apply' });
      expect(await migrate(reader, { database, mode: 'check' })).toEqual([]);
    } finally {
      await reader.close();
    }
  });
});

it('makes the same tables and views that a copy for other tests has', async () => {
  const [migrated, copy] = [newName(), newName()];
  await migrate(client, { database: migrated, mode: 'apply' });
  await makeMigratedDatabase(client, copy);
  expect(await migrate(client, { database: copy, mode: 'check' })).toEqual([]);
  const readStatements = async (database: string): Promise<Map<string, string>> => {
    const result = await client.query({
      query: 'SELECT name, create_table_query AS made FROM system.tables WHERE database = {database: String}',
      query_params: { database },
      format: 'JSONEachRow',
    });
    const rows = await result.json<{ name: string; made: string }>();
    return new Map(rows.map(({ name, made }) => [name, made.replaceAll(database, '')]));
  };
  const [expected, found] = [await readStatements(migrated), await readStatements(copy)];
  expect([...found.keys()]).toEqual([...expected.keys()]);
  expect([...expected.keys()].filter((name) => found.get(name) !== expected.get(name))).toEqual([]);
});

describe('the tables', () => {
  let db: SinkDatabase;
  beforeAll(async () => {
    db = await openSinkDatabase(url);
  });
  afterAll(() => db[Symbol.asyncDispose]());

  it('have a Chinese comment on everything: the database, every table, view and column', async () => {
    const isChinese = "match(comment, '\\\\p{Han}')";
    const bare = await db.rows(`
      SELECT name FROM system.databases WHERE name = '{{db}}' AND NOT ${isChinese}
      UNION ALL SELECT name FROM system.tables WHERE database = '{{db}}' AND NOT ${isChinese}
      UNION ALL SELECT table || '.' || name FROM system.columns WHERE database = '{{db}}' AND NOT ${isChinese}`);
    expect(bare).toEqual([]);
  });

  it('say what a stage and the date of an event are, for every stage and type that has one', async () => {
    const comments = await db.rows<{ table: string; name: string; comment: string }>(`
      SELECT table, name, comment FROM system.columns
      WHERE database = '{{db}}' AND (name = 'event_date' OR table = 'order_events' AND name = 'stage')`);
    const of = (name: string) => comments.filter((column) => column.name === name).map(({ comment }) => comment);
    for (const stage of ORDER_STAGES) expect(of('stage')[0]).toContain(`${stage} `);
    expect(of('event_date')).toHaveLength(18);
    for (const comment of of('event_date')) {
      // Each clause names its types and then their date. The types are those of the document, and no others.
      const clauses = [...comment.matchAll(/(?<=[：，])([^：，；]+?)为([^：，；]+日期)(?=[，；])/g)];
      const said = clauses.flatMap(([, types, date]) => types!.split('、').map((type) => [type, date]));
      expect(Object.fromEntries(said)).toEqual(DATES_OF_TYPES);
      expect(comment).toMatch(/；移出类变更仍为列入日期(（失信被执行人为发布日期）)?，而非移出日期；/);
      expect(comment).toMatch(/；其他类型未作约定，缺失或无法解析时为空$/);
    }
  });

  it('can be created on another server from their own statements, as docs/for-operators.md says', {
    tags: 'whole',
  }, async () => {
    const docs = await readFile(join(import.meta.dirname, '../../docs/for-operators.md'), 'utf8');
    const statements: string[] = [];
    for (const [select] of docs.matchAll(/SELECT concat\([^"]+ FORMAT TSVRaw/g)) {
      const { stream } = await client.exec({ query: select.replace("'qcc'", `'${db.database}'`) });
      statements.push(...(await text(stream)).split(/;$/m));
    }
    await using folder = await makeTemporaryFolder('qcc-replica-');
    await using other = await startClickHouse({
      dir: join(folder.path, 'data'),
      port: await steadyPort(),
      logFile: join(folder.path, 'log'),
    });
    const replica = connect(other.url);
    try {
      await replica.command({ query: `CREATE DATABASE ${db.database}` });
      for (const query of statements) if (query.trim() !== '') await replica.command({ query });
      const read = async (server: ClickHouseClient): Promise<unknown[]> => {
        const result = await server.query({
          query: `
            SELECT name, create_table_query AS made FROM system.tables WHERE database = {database: String}
            UNION ALL SELECT name, create_query AS made FROM system.functions WHERE origin = 'SQLUserDefined'
            ORDER BY name`,
          query_params: { database: db.database },
          format: 'JSONEachRow',
        });
        return await result.json();
      };
      const expected = await read(client);
      expect(expected.length).toBeGreaterThan(30);
      expect(await read(replica)).toEqual(expected);
    } finally {
      await replica.close();
    }
  });

  it('write each insert to the disk before it is acknowledged', async () => {
    const lax = await db.rows(`
      SELECT name FROM system.tables WHERE database = '{{db}}' AND engine LIKE '%MergeTree'
      AND NOT (engine_full LIKE '%fsync_after_insert = 1%' AND engine_full LIKE '%fsync_part_directory = 1%')`);
    expect(lax).toEqual([]);
    const count = async () => {
      const [row] = await db.rows<{ n: number }>(
        `SELECT sum(value) AS n FROM system.events WHERE event = 'DirectorySync'`,
      );
      return row!.n;
    };
    const before = await count();
    await db.insert('record_history', [recordRow({})]);
    // The history, the current rows and the ledger.
    expect((await count()) - before).toBeGreaterThanOrEqual(3);
  });

  it('mark what may name a person, those columns and no others', async () => {
    const marked = await db.rows<{ table: string; columns: string[] }>(`
      SELECT table, groupArray(name) AS columns FROM system.columns
      WHERE database = '{{db}}' AND startsWith(comment, '【个人信息】') GROUP BY table`);
    const sorted = (columns: readonly string[]) => [...columns].sort();
    expect(Object.fromEntries(marked.map(({ table, columns }) => [table, sorted(columns)]))).toEqual(
      Object.fromEntries(Object.entries(PERSONAL_COLUMNS).map(([table, columns]) => [table, sorted(columns)])),
    );
  });

  it('have a Shanghai day beside every instant in Shanghai', async () => {
    const columns = await db.rows<{ table: string; name: string; type: string }>(`
      SELECT c.table AS table, c.name AS name, c.type AS type FROM system.columns AS c
      INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
      WHERE c.database = '{{db}}' AND t.engine != 'MaterializedView' AND t.name NOT IN ('order_ledger', 'record_facts', 'change_log', 'portfolio_log')`);
    const known = new Set(columns.map(({ table, name }) => `${table}.${name}`));
    const instants = columns.filter(({ type }) => /^(Nullable\()?DateTime64/.test(type));
    expect(instants.length).toBeGreaterThan(20);
    for (const { table, name, type } of instants) {
      expect(type).toMatch(/DateTime64\(3, 'Asia\/Shanghai'\)/);
      expect(known).toContain(`${table}.${name.replace(/_(at|date|time)$|(?<=^at)$/, '_day')}`);
    }
  });

  it('run the views for BI with the rights of their definer', async () => {
    const views = await db.rows<{ name: string; query: string }>(`
      SELECT name, create_table_query AS query FROM system.tables WHERE database = '{{db}}' AND engine = 'View' ORDER BY name`);
    expect(views.map(({ name }) => name)).toEqual([
      'abnormal_operations',
      'change_types',
      'changes',
      'changes_masked',
      'companies',
      'companies_masked',
      'company_profiles',
      'company_profiles_masked',
      'company_timeline',
      'company_timeline_masked',
      'coverage',
      'coverage_gaps',
      'data_completeness',
      'data_quality',
      'dead_letters_open',
      'debtor_case_companies',
      'debtor_case_companies_masked',
      'debtor_cases',
      'debtor_cases_masked',
      'detail_spend',
      'dictionary',
      'dishonest_debtors',
      'dishonest_debtors_masked',
      'exceptions',
      'exceptions_masked',
      'list_spells',
      'list_spells_masked',
      'list_status',
      'list_status_masked',
      'order_closures_in_force',
      'orders',
      'portfolio_changes',
      'portfolio_changes_masked',
      'portfolio_matches',
      'portfolio_matches_masked',
      'portfolio_members_masked',
      'portfolio_status',
      'portfolio_status_masked',
      'record_history_masked',
      'records',
      'records_masked',
      'regions',
      'risk_categories',
      'serious_violations',
      'serious_violations_masked',
    ]);
    for (const { query } of views) expect(query).toContain('SQL SECURITY DEFINER');
  });

  it('know the same codes as the domain', async () => {
    const types = await db.rows<{ type: string; type_name: string }>('SELECT * FROM {{db}}.change_types');
    const categories = await db.rows<{ category: string; category_name: string }>(
      'SELECT * FROM {{db}}.risk_categories',
    );
    expect(Object.fromEntries(types.map((row) => [row.type, row.type_name]))).toEqual(CHANGE_TYPES);
    expect(Object.fromEntries(categories.map((row) => [row.category, row.category_name]))).toEqual(RISK_CATEGORIES);
  });
});
