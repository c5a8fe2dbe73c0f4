import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';

/** The cluster of CLICKHOUSE_CLUSTER cannot hold the tables, and a person has to act. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** A server of a cluster, by the name that `system.clusters` and results of ON CLUSTER give it. */
export type ClusterHost = {
  /** `host:port` of the native protocol. */
  name: string;
  /** Whether it is the server that answers. */
  isLocal: boolean;
};

const MACROS = ['shard', 'replica'];

// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
const ACCESS_DENIED = '497';

/**
 * Resolves to the servers of a cluster that can hold the tables: one shard, because views and ledger read one server only, and
 * the macros of the path in Keeper on the server that answers.
 * @throws ClusterError that says what to set.
 */
export async function requireCluster(client: Pick<ClickHouseClient, 'query'>, cluster: string): Promise<ClusterHost[]> {
  const rows = await readCluster(client, cluster);
  const what = `the ClickHouse cluster ${cluster} (CLICKHOUSE_CLUSTER)`;
  if (rows.length === 0) {
    throw new ClusterError(
      `${what} is unknown to the server that answers: add it to remote_servers, or set CLICKHOUSE_CLUSTER to a cluster that system.clusters names; a single server needs none`,
    );
  }
  const shards = new Set(rows.map(({ shard }) => shard)).size;
  if (shards > 1) {
    throw new ClusterError(
      `${what} has ${shards} shards, and views and ledger would show the rows of one only: set CLICKHOUSE_CLUSTER to a cluster with one shard and its replicas`,
    );
  }
  const missing = MACROS.filter((macro) => !rows[0]!.macros.includes(macro));
  if (missing.length > 0) {
    throw new ClusterError(
      `${what} has a server without the macro ${missing.join(' and ')}, which the paths of replicated tables need: add it to macros in the configuration of each server`,
    );
  }
  return rows.map(({ host, port, isLocal }) => ({ name: `${host}:${port}`, isLocal: isLocal === 1 }));
}

type ClusterRow = { host: string; port: number; shard: number; isLocal: number; macros: string[] };

async function readCluster(client: Pick<ClickHouseClient, 'query'>, cluster: string): Promise<ClusterRow[]> {
  try {
    const result = await client.query({
      query: `
        SELECT
          host_name AS host, port, shard_num AS shard, is_local AS isLocal,
          (SELECT groupArray(macro) FROM system.macros) AS macros
        FROM system.clusters WHERE cluster = {cluster: String}`,
      query_params: { cluster },
      format: 'JSONEachRow',
    });
    return await result.json<ClusterRow>();
  } catch (error) {
    if (!(error instanceof ClickHouseError && error.code === ACCESS_DENIED)) throw error;
    throw new ClusterError(
      `the ClickHouse cluster ${cluster} (CLICKHOUSE_CLUSTER) cannot be checked: GRANT SELECT ON system.clusters and ON system.macros to the user in CLICKHOUSE_USER`,
      { cause: error },
    );
  }
}
