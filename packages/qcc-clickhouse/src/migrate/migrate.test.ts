import { describe, expect, test } from 'vitest';
import { createClickHouse } from '../create-clickhouse.ts';
import { asDefaultUser } from '../testing/default-user.ts';
import { type FakeHost, fakeHost, startFakeCluster } from '../testing/fake-cluster.ts';
import { type MigrateInput, migrate } from './migrate.ts';

const one = fakeHost({ host: 'one', isLocal: 1 });
const two = fakeHost({ host: 'two' });
const migrations = ['001_a', '002_b'].map((name) => ({
  name,
  template: `CREATE TABLE IF NOT EXISTS {{database}}.t_${name} {{on_cluster}} (x String) ENGINE = {{engine MergeTree}} ORDER BY x`,
  checksum: name,
}));

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

const NAMES = ['001_a', '002_b'];

describe('while replicas are away', () => {
  test.each<[what: string, hosts: FakeHost[], away: string[]]>([
    ['none is away', [one, two], []],
    ['the other of two is away', [one, two], ['two']],
    ['two of three are away', [one, two, fakeHost({ host: 'three' })], ['two', 'three']],
  ])('migrations are applied and those that are away are named once, if %s', async (_, hosts, away) => {
    const { outcome, unfinished, ran, inserts } = await run({ hosts, away: () => away });
    expect(outcome).toEqual(NAMES);
    expect(unfinished.flat()).toEqual(away.map((host) => `${host}:9000`));
    expect(ran).toHaveLength(4);
    // With a quorum, a cluster of two could not even write down what it has applied.
    expect(inserts.map(({ quorum }) => quorum)).toEqual(['0', '0']);
  });

  test('no statement waits longer than a request may take, and less once a replica is known to be away', async () => {
    const { ran } = await run({ hosts: [one, two], away: () => ['two'] });
    expect(ran.map(({ waitS }) => waitS)).toEqual([30, 3, 3, 3]);
  });

  test('a statement that the answering server has not run in the short time is waited for', async () => {
    const { outcome, ran } = await run({
      hosts: [one, two],
      away: (before) => (before === 1 ? ['one', 'two'] : ['two']),
    });
    expect(outcome).toEqual(NAMES);
    expect(ran.map(({ waitS }) => waitS)).toEqual([30, 3, 30, 3, 3]);
    expect(ran[2]!.query).toBe(ran[1]!.query);
  });

  test('nothing is called applied that the answering server has not run', async () => {
    const { outcome, inserts } = await run({ hosts: [one, two], away: () => ['one'] });
    expect(outcome).toMatch(
      /^MigrationError: statement 1 of migration schema_migrations failed .*system\.distributed_ddl_queue/,
    );
    expect(inserts).toEqual([]);
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
