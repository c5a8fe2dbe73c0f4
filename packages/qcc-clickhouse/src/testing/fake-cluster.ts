import { text } from 'node:stream/consumers';
import { type LoopbackServer, startLoopbackServer } from 'qcc-core/testing/loopback-server';

/** A row of `system.clusters`, with the macros of the server that answers. */
export type FakeHost = { host: string; port: number; shard: number; isLocal: 0 | 1; macros: string[] };

export const fakeHost = (given: Partial<FakeHost> & Pick<FakeHost, 'host'>): FakeHost => ({
  port: 9000,
  shard: 1,
  isLocal: 0,
  macros: ['replica', 'shard'],
  ...given,
});

export type FakeCluster = LoopbackServer & {
  /** Statements ON CLUSTER, in their order, each with how long it was to wait for other servers. */
  ran: { query: string; waitS: number }[];
  /** Inserts: the statement, and the quorum that it asked for. */
  inserts: { query: string; quorum: string | null }[];
};

const FAILURES = {
  unknownTable: [404, 'Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE) (version 26.7.2.1)'],
  denied: [403, 'Code: 497. DB::Exception: sink: Not enough privileges. (ACCESS_DENIED) (version 26.7.2.1)'],
  timeout: [
    500,
    'Code: 159. DB::Exception: Distributed DDL task /clickhouse/task_queue/ddl/query-0000000001 is not finished on 1 of 2 hosts (0 of them are currently executing the task, 1 are inactive). They are going to execute the query in background. Was waiting for 180.1 seconds, which is longer than distributed_ddl_task_timeout. (TIMEOUT_EXCEEDED) (version 26.7.2.1)',
  ],
} as const;

/**
 * A ClickHouse server that knows one cluster and holds no data. It answers statements ON CLUSTER as ClickHouse does while some
 * of the hosts are away: with a row for each host, and null as the status of those that are away, or with the error of a timeout
 * where the statement does not ask for such rows.
 */
export async function startFakeCluster({
  hosts,
  away = () => [],
  mayReadCluster = true,
  failures = () => null,
  failsAfter = Number.POSITIVE_INFINITY,
  applied = [],
  missing = [],
}: {
  hosts: readonly FakeHost[];
  /** Which hosts have not run the statement, by how many came before it. */
  away?: (ranBefore: number) => readonly string[];
  mayReadCluster?: boolean;
  /** The code of the error with which a statement ON CLUSTER fails, by how many came before it; null where it succeeds. */
  failures?: (ranBefore: number) => string | null;
  /** After so many statements ON CLUSTER it cuts every connection. */
  failsAfter?: number;
  /** Migrations that were applied before. */
  applied?: readonly { name: string; checksum: string }[];
  /** What some of the hosts lack. */
  missing?: readonly { name: string; made: string }[];
}): Promise<FakeCluster> {
  const ran: FakeCluster['ran'] = [];
  const inserts: FakeCluster['inserts'] = [];
  const server = await startLoopbackServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://fake');
    const body = await text(request);
    if (ran.length >= failsAfter) return void request.socket.destroy();
    const query = searchParams.get('query') ?? body;
    const fail = ([status, message]: readonly [number, string]) => {
      response.writeHead(status, { 'x-clickhouse-exception-code': /\d+/.exec(message)![0] }).end(message);
    };
    const rows = (each: readonly object[]) => response.end(each.map((row) => `${JSON.stringify(row)}\n`).join(''));
    if (query.includes('system.clusters')) {
      if (!mayReadCluster) return fail(FAILURES.denied);
      return rows(searchParams.get('param_cluster') === 'main' ? hosts : []);
    }
    if (query.includes('clusterAllReplicas')) return rows(missing);
    if (query.includes('ON CLUSTER')) {
      const absent = away(ran.length);
      const code = failures(ran.length);
      ran.push({ query, waitS: Number(searchParams.get('distributed_ddl_task_timeout')) });
      if (code !== null) return fail([500, `Code: ${code}. DB::Exception: It fails. (SOME_NAME) (version 26.7.2.1)`]);
      const mode = searchParams.get('distributed_ddl_output_mode') ?? 'throw';
      if (absent.length > 0 && !mode.startsWith('null_status_on_timeout')) return fail(FAILURES.timeout);
      return rows(
        hosts.map(({ host, port }) => ({
          host,
          port,
          ...(absent.includes(host) ? { status: null, error: null } : { status: '0', error: '' }),
          num_hosts_remaining: String(absent.length),
          num_hosts_active: '0',
        })),
      );
    }
    if (query.startsWith('INSERT')) inserts.push({ query, quorum: searchParams.get('insert_quorum') });
    else if (query.includes('schema_migrations') && applied.length === 0) return fail(FAILURES.unknownTable);
    else if (query.includes('schema_migrations')) return rows(applied);
    response.end();
  });
  return { ...server, ran, inserts };
}
