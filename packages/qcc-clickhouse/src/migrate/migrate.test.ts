import { describe, expect, test } from 'vitest';
import { createClickHouse } from '../create-clickhouse.ts';
import { asDefaultUser } from '../testing/default-user.ts';
import { type FakeHost, fakeHost, startFakeCluster } from '../testing/fake-cluster.ts';
import { type MigrateInput, migrate } from './migrate.ts';

const one = fakeHost({ host: 'one', isLocal: 1 });
const two = fakeHost({ host: 'two' });
const TABLE =
  'CREATE TABLE IF NOT EXISTS {{database}}.t {{on_cluster}} (x String) ENGINE = {{engine MergeTree}} ORDER BY x';
const COLUMN = 'ALTER TABLE {{database}}.t {{on_cluster}} ADD COLUMN IF NOT EXISTS y String';
const VIEW = (name: string) => `CREATE VIEW IF NOT EXISTS {{database}}.${name} {{on_cluster}} AS SELECT 1 AS x`;
const migrations = [
  { name: '001_a', template: TABLE, checksum: '001_a' },
  { name: '002_b', template: COLUMN, checksum: '002_b' },
  { name: '003_c', template: COLUMN, checksum: '003_c' },
];
/** What earlier starts applied. */
const applied = migrations.slice(0, 1);

/** Migrates on a cluster named main, as the sink does. */
async function run(cluster: Parameters<typeof startFakeCluster>[0], input: Partial<MigrateInput> = {}) {
  const unfinished: string[][] = [];
  await using server = await startFakeCluster(cluster);
  await using client = createClickHouse(asDefaultUser(server.url, 'main'));
  const onUnfinished = (names: readonly string[]) => void unfinished.push([...names]);
  const target = { database: 'qcc', cluster: 'main', mode: 'apply', migrations, onUnfinished, ...input } as const;
  const outcome = await migrate(client, target).catch((error: unknown) => String(error));
  return { outcome, unfinished, ran: server.ran, inserts: server.inserts };
}

const NAMES = ['002_b', '003_c'];

describe('while replicas are away', () => {
  test.each<[what: string, hosts: FakeHost[], away: string[]]>([
    ['none is away', [one, two], []],
    ['the other of two is away', [one, two], ['two']],
    ['two of three are away', [one, two, fakeHost({ host: 'three' })], ['two', 'three']],
  ])('migrations are applied and those that are away are named once, if %s', async (_, hosts, away) => {
    const { outcome, unfinished, ran, inserts } = await run({ hosts, away: () => away, applied });
    expect(outcome).toEqual(NAMES);
    expect(unfinished.flat()).toEqual(away.map((host) => `${host}:9000`));
    expect(ran).toHaveLength(4);
    // With a quorum, a cluster of two could not even write down what it has applied.
    expect(inserts.map(({ quorum }) => quorum)).toEqual(['0', '0']);
  });

  test('no statement waits longer than a request may take, and less once a replica is known to be away', async () => {
    const { ran } = await run({ hosts: [one, two], away: () => ['two'], applied });
    expect(ran.map(({ waitS }) => waitS)).toEqual([30, 3, 3, 3]);
  });

  test('a statement that the answering server has not run in the short time is waited for', async () => {
    const { outcome, ran } = await run({
      hosts: [one, two],
      away: (before) => (before === 1 ? ['one', 'two'] : ['two']),
      applied,
    });
    expect(outcome).toEqual(NAMES);
    expect(ran.map(({ waitS }) => waitS)).toEqual([30, 3, 30, 3, 3]);
    expect(ran[2]!.query).toBe(ran[1]!.query);
  });

  test('nothing is called applied that the answering server has not run', async () => {
    const { outcome, inserts } = await run({ hosts: [one, two], away: () => ['one'], applied });
    expect(outcome).toMatch(
      /^MigrationError: statement 1 of migration schema_migrations failed .*system\.distributed_ddl_queue/,
    );
    expect(inserts).toEqual([]);
  });
});

describe('migrations that create tables', () => {
  test.each<[what: string, applied: typeof migrations, added: typeof migrations]>([
    ['the first ones', [], []],
    ['later ones', migrations, [{ name: '004_d', template: TABLE, checksum: '004_d' }]],
    ['all after a missing one', migrations.slice(1), []],
  ])('do not wait for a replica that is away: %s', async (_, applied, added) => {
    const given = { migrations: [...migrations, ...added] };
    const { outcome, unfinished } = await run({ hosts: [one, two], away: () => ['two'], applied }, given);
    expect(outcome).toEqual(
      given.migrations.slice(applied.includes(migrations[0]!) ? applied.length : 0).map(({ name }) => name),
    );
    expect(unfinished).toEqual([['two:9000']]);
  });
});

// Keeper has the columns that later migrations added, and a replica that creates the table afterwards must state the same.
describe('what a replica could not create while it was away', () => {
  const missing = [
    { name: 't', made: "CREATE TABLE qcc.t (`x` String, `y` String) ENGINE = ReplicatedMergeTree('/t', '{replica}')" },
    { name: 'a', made: 'CREATE VIEW qcc.a (`x` String) AS SELECT x FROM qcc.b' },
    { name: 'b', made: 'CREATE MATERIALIZED VIEW qcc.b TO qcc.t (`x` String) AS SELECT x FROM qcc.t' },
  ];
  const all = [
    ...migrations,
    { name: '004_views', template: [VIEW('a'), VIEW('b'), VIEW('gone')].join('\n;\n'), checksum: '004' },
    { name: '005_gone', template: 'DROP VIEW IF EXISTS {{database}}.gone {{on_cluster}}', checksum: '005' },
  ];
  const given = { migrations: all };
  const head = (query: string) => query.split(/ \(|\n/)[0];
  const COPIES = [
    'CREATE DATABASE IF NOT EXISTS `qcc` ON CLUSTER `main`',
    'CREATE TABLE IF NOT EXISTS qcc.t ON CLUSTER `main`',
    'CREATE VIEW IF NOT EXISTS qcc.a ON CLUSTER `main`',
    'CREATE MATERIALIZED VIEW IF NOT EXISTS qcc.b ON CLUSTER `main` TO qcc.t',
  ];

  test('is created there as the others have it, though no migration has to run', async () => {
    const { outcome, ran } = await run({ hosts: [one, two], applied: all, missing }, given);
    expect(outcome).toEqual([]);
    expect(ran.map(({ query }) => head(query))).toEqual(COPIES);
    expect(ran[1]!.query).toContain("(`x` String, `y` String) ENGINE = ReplicatedMergeTree('/t', '{replica}')");
  });

  test('is created again after what it needs', async () => {
    const failures = (before: number) => (before === 2 ? '60' : null);
    const { outcome, ran } = await run({ hosts: [one, two], applied: all, missing, failures }, given);
    expect(outcome).toEqual([]);
    expect(ran.map(({ query }) => head(query))).toEqual([...COPIES, COPIES[2]]);
  });

  test('is named, with the remedy, if it cannot be created', async () => {
    const failures = (before: number) => (before > 1 ? '122' : null);
    const { outcome } = await run({ hosts: [one, two], applied: all, missing, failures }, given);
    expect(outcome).toMatch(
      /^ClusterError: a server of .* lacks a, b of database qcc, .*It fails.*add it as a new replica/,
    );
  });

  test('is left alone if no migration creates it, or a later one drops it', async () => {
    const others = ['gone', 'backup_of_an_operator'].map((name) => ({
      name,
      made: `CREATE VIEW qcc.${name} AS SELECT 1`,
    }));
    const { outcome, ran } = await run({ hosts: [one, two], applied: all, missing: others }, given);
    expect([outcome, ran]).toEqual([[], []]);
  });

  test('is named, with the remedy, if its path in Keeper would be another one there', async () => {
    const own = {
      name: 't',
      made: "CREATE TABLE qcc.t (`x` String) ENGINE = ReplicatedMergeTree('/{uuid}', '{replica}')",
    };
    const { outcome, ran } = await run({ hosts: [one, two], applied: all, missing: [own] }, given);
    expect(outcome).toMatch(/^ClusterError: a server of .* lacks t of .* path in Keeper .*add it as a new replica/);
    expect(ran).toEqual([]);
  });

  test('is left alone by a start that only checks', async () => {
    const { outcome, ran } = await run({ hosts: [one, two], applied: all, missing }, { ...given, mode: 'check' });
    expect([outcome, ran]).toEqual([[], []]);
  });
});

describe('two sinks that start at the same time', () => {
  test.each(['60', '218', '517', '521'])('a statement that fails with code %s is run again', async (code) => {
    const { outcome, ran } = await run({ hosts: [one], failures: (before) => (before === 2 ? code : null) });
    expect(outcome).toEqual(migrations.map(({ name }) => name));
    expect(ran[3]!.query).toBe(ran[2]!.query);
  });

  test('a statement that fails for another reason is not run again', async () => {
    const { outcome, ran } = await run({ hosts: [one], failures: (before) => (before === 2 ? '62' : null) });
    expect(outcome).toMatch(/^MigrationError: statement 1 of migration 001_a failed/);
    expect(ran).toHaveLength(3);
  });
});

describe('a cluster that cannot hold the tables is refused before anything is made', () => {
  const both = ['apply', 'check'] as const;
  test.each<
    [what: string, cluster: Parameters<typeof startFakeCluster>[0], text: RegExp, input?: Partial<MigrateInput>]
  >([
    ['has two shards', { hosts: [one, fakeHost({ host: 'two', shard: 2 })] }, /has 2 shards.*a cluster with one shard/],
    ['is unknown', { hosts: [one] }, /cluster other .* is unknown.*remote_servers/, { cluster: 'other' }],
    ['lacks a macro', { hosts: [{ ...one, macros: ['shard'] }] }, /without the macro replica,.*add it to macros/],
    [
      'cannot be looked at',
      { hosts: [one], mayReadCluster: false },
      /cannot be checked: GRANT SELECT ON system\.clusters/,
    ],
  ])('one that %s', async (_, cluster, text, input) => {
    for (const mode of both) {
      const { outcome, ran, inserts } = await run(cluster, { mode, ...input });
      expect(outcome).toMatch(text);
      expect([...ran, ...inserts]).toEqual([]);
    }
  });
});
