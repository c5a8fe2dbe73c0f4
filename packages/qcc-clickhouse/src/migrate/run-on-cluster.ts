import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '@clickhouse/client';
import type { ClusterHost } from './require-cluster.ts';

/**
 * How long a statement waits for servers that have not run it, in seconds; less than a request may take. Once a server is known
 * to be away, each further statement waits a short time only: servers before 24.12 wait for those that are away, too.
 */
const WAIT_S = 30;
const SHORT_WAIT_S = 3;

/** The client's types know the modes of earlier versions only. */
const OUTPUT_MODE = 'null_status_on_timeout_only_active' as string as 'null_status_on_timeout';

/** A row of what ON CLUSTER answers: the status is null for a server that has not run the statement yet. */
type HostStatus = { host: string; port: number; status: number | string | null };

/** A server that is needed has not run a statement, so the statements after it cannot count on its result. */
export class StatementUnfinishedError extends Error {
  override readonly name = 'StatementUnfinishedError';
}

/**
 * The returned function runs one statement ON CLUSTER. It resolves when the connected server has run it and each other server has
 * run it or timed out. The others run it later from Keeper's queue.
 *
 * `null_status_on_timeout_only_active` (ClickHouse 24.1) makes ClickHouse name the servers that timed out instead of failing. Views
 * need 24.2 anyway, for SQL SECURITY.
 * @param onUnfinished gets the names of servers that have not run a statement, each once.
 * @throws StatementUnfinishedError, and the client's errors if a server refuses the statement.
 */
export function createClusterRunner(
  client: Pick<ClickHouseClient, 'exec'>,
  hosts: readonly ClusterHost[],
  onUnfinished: (names: readonly string[]) => void,
): (query: string) => Promise<void> {
  const told = new Set<string>();
  return async (query) => {
    for (const waitS of told.size > 0 ? [SHORT_WAIT_S, WAIT_S] : [WAIT_S]) {
      const statuses = await run(client, query, waitS);
      const unfinished = statuses.filter(({ status }) => status === null).map(({ host, port }) => `${host}:${port}`);
      const fresh = unfinished.filter((name) => !told.has(name));
      for (const name of fresh) told.add(name);
      if (isFinishedHere(hosts, unfinished, statuses.length)) {
        if (fresh.length > 0) onUnfinished(fresh);
        return;
      }
    }
    throw new StatementUnfinishedError(
      `no server that is needed has run it within ${WAIT_S} s, and it may still do so: check Keeper and system.distributed_ddl_queue`,
    );
  };
}

/** If the connected server does not find itself in the cluster, one server that has run the statement is enough. */
function isFinishedHere(hosts: readonly ClusterHost[], unfinished: readonly string[], all: number): boolean {
  const local = hosts.find(({ isLocal }) => isLocal);
  return local ? !unfinished.includes(local.name) : unfinished.length < all;
}

async function run(client: Pick<ClickHouseClient, 'exec'>, query: string, waitS: number): Promise<HostStatus[]> {
  const { stream } = await client.exec({
    query,
    clickhouse_settings: {
      wait_end_of_query: 1,
      default_format: 'JSONEachRow',
      distributed_ddl_output_mode: OUTPUT_MODE,
      distributed_ddl_task_timeout: String(waitS),
    },
  });
  const lines = (await text(stream)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as HostStatus);
}

/** For a log line. */
export const describeUnfinished = (names: readonly string[]): string =>
  `${names.join(', ')} of the ClickHouse cluster ${names.length === 1 ? 'has' : 'have'} not run the migrations yet: start the servers that are away. A server runs them from Keeper's queue when it is back, and the next start of a sink creates there what is still missing: keep it out of CLICKHOUSE_URL until then. See "ClickHouse cluster" in docs/for-operators.md if it was away for days`;
