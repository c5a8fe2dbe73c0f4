import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import { describeError } from 'qcc-core/base/errors';
import { ClusterError } from './require-cluster.ts';

type Definition = { name: string; made: string };

// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
const ACCESS_DENIED = '497';

const ADD_REPLICA =
  'Drop the database on this server and add it as a new replica (docs/for-operators.md, "ClickHouse cluster")';

/**
 * Creates the tables and views that some servers of the cluster have on those that lack them, as far as they can be reached.
 *
 * A server lacks them after it was away while migrations ran. It runs the statements from Keeper's queue when it is back, but
 * ClickHouse refuses a CREATE TABLE without the columns that later migrations added (code 122). A copy has the columns of now.
 * @param names Of what migrations create. Anything else in the database is left alone.
 * @param createDatabase The statement that creates the database ON CLUSTER where it is missing.
 * @param runEverywhere runs a statement ON CLUSTER.
 * @returns the names of what it created.
 * @throws ClusterError if something cannot be created, or the cluster cannot be read.
 */
export async function copyMissing(
  client: Pick<ClickHouseClient, 'query'>,
  {
    database,
    cluster,
    createDatabase,
    names: ofMigrations,
  }: { database: string; cluster: string; createDatabase: string; names: ReadonlySet<string> },
  runEverywhere: (query: string) => Promise<void>,
): Promise<string[]> {
  const missing = (await readMissing(client, { database, cluster })).filter(({ name }) => ofMigrations.has(name));
  const foreign = missing.filter(({ made }) => made.includes('{uuid}'));
  if (foreign.length > 0)
    throw new ClusterError(
      `a server of the ClickHouse cluster ${cluster} lacks ${foreign.map(({ name }) => name).join(', ')} of database ${database}, whose path in Keeper differs on each server. ${ADD_REPLICA}`,
    );
  if (missing.length > 0) await runEverywhere(createDatabase);
  let left = missing;
  while (left.length > 0) {
    const failed: Definition[] = [];
    let cause: unknown;
    for (const each of left) {
      try {
        await runEverywhere(toCopy(each, cluster));
      } catch (error) {
        if (!(error instanceof ClickHouseError)) throw error;
        // A view may need another one that comes later.
        failed.push(each);
        cause = error;
      }
    }
    if (failed.length === left.length) {
      const names = failed.map(({ name }) => name).join(', ');
      throw new ClusterError(
        `a server of the ClickHouse cluster ${cluster} lacks ${names} of database ${database}, and they cannot be created there: ${describeError(cause)}. ${ADD_REPLICA}`,
        { cause },
      );
    }
    left = failed;
  }
  return missing.map(({ name }) => name);
}

/** Tables before views. A server that cannot be reached is not asked. */
async function readMissing(
  client: Pick<ClickHouseClient, 'query'>,
  { database, cluster }: { database: string; cluster: string },
): Promise<Definition[]> {
  try {
    const result = await client.query({
      query: `
        SELECT name, argMax(create_table_query, metadata_modification_time) AS made
        FROM clusterAllReplicas(\`${cluster}\`, system.tables)
        WHERE database = {database: String}
        GROUP BY name
        HAVING count() < (SELECT count() FROM clusterAllReplicas(\`${cluster}\`, system.one))
        ORDER BY made LIKE 'CREATE %VIEW %', name
        SETTINGS skip_unavailable_shards = 1`,
      query_params: { database },
      format: 'JSONEachRow',
    });
    return await result.json<Definition>();
  } catch (error) {
    if (!(error instanceof ClickHouseError && error.code === ACCESS_DENIED)) throw error;
    throw new ClusterError(
      `the tables of the ClickHouse cluster ${cluster} cannot be compared: GRANT REMOTE ON *.* to the user in CLICKHOUSE_USER`,
      { cause: error },
    );
  }
}

const toCopy = ({ made }: Definition, cluster: string): string =>
  made.replace(
    /^CREATE (TABLE|VIEW|MATERIALIZED VIEW) (\S+)/,
    (_, kind: string, name: string) => `CREATE ${kind} IF NOT EXISTS ${name} ON CLUSTER \`${cluster}\``,
  );
