import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';

/** One server of several that hold the same tables, with a client of its own. */
export type Server = { url: string; client: ClickHouseClient };

/** Requests go to another server from now on. */
export type Switch = { from: string; to: string; error: unknown };

/** The request did not reach the server, so any request may go to another one. */
const UNREACHED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;
/** The server may have received the request. */
const LOST = /^(ECONNRESET|EPIPE|ETIMEDOUT)$/;

/**
 * A server that is there, but cannot do its work: without Keeper its tables are read-only, and one that is stopped aborts queries.
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
const OUT_OF_SERVICE: ReadonlySet<string> = new Set([
  '225', // NO_ZOOKEEPER
  '236', // ABORTED
  '242', // TABLE_IS_READ_ONLY
  '999', // KEEPER_EXCEPTION
]);

/** The client's own words: it has no codes for these. */
const ABORTED_BY_CALLER = 'The user aborted a request.';
const TIMED_OUT = 'Timeout error.';
/** ClickHouse's Avro reader refuses a row, see `refusal.ts`. */
const AVRO_ERROR = /^std::exception\. Code: 1001\b/;

type Fault =
  /** The request did not reach the server. */
  | 'unreached'
  /** The server may have received it, but no result is known. */
  | 'lost'
  /** As `lost`, after the request timeout of one minute. */
  | 'timed out';

/** Whether another server could succeed; null if the request or its caller is at fault. */
function faultOf(error: unknown): Fault | null {
  if (error instanceof ClickHouseError) return OUT_OF_SERVICE.has(error.code) ? 'lost' : null;
  if (!(error instanceof Error)) return null;
  const code = 'code' in error ? String(error.code) : '';
  if (UNREACHED.test(code)) return 'unreached';
  if (LOST.test(code)) return 'lost';
  if (error.message === TIMED_OUT) return 'timed out';
  // The response does not come from ClickHouse but from a proxy in front of it, such as a 503 page. The client drops the status.
  const isForeign = error.constructor === Error && code === '' && error.message !== ABORTED_BY_CALLER;
  return isForeign && !AVRO_ERROR.test(error.message) ? 'lost' : null;
}

type Repeat =
  /** A read: it may be sent again after any fault but a timeout. */
  | 'read'
  /** Only if nothing has arrived: each attempt of an insert needs its own deduplication token, which the caller makes. */
  | 'write'
  /** Its body is a stream, which can be read once. */
  | 'never';

const mayRepeat = (repeat: Repeat, fault: Fault): boolean =>
  repeat === 'read' ? fault !== 'timed out' : repeat === 'write' && fault === 'unreached';

/** For each failover client, a function that finds a server that responds. */
const finders = new WeakMap<ClickHouseClient, () => Promise<ClickHouseClient>>();

/**
 * A client for several servers. Each request goes to the server that responded last. If that server is unreachable or out of service,
 * later requests go to the next one. The failed request is repeated there only if it cannot take effect twice; otherwise it fails and
 * the caller retries.
 *
 * Two requests may reach different servers, and the second may not have the rows of the first: see `oneServer`.
 */
export function createFailoverClient(
  servers: readonly [Server, ...Server[]],
  { onSwitch = () => {} }: { onSwitch?: (change: Switch) => void } = {},
): ClickHouseClient {
  let current = 0;

  const moveOn = (at: number, error: unknown): void => {
    if (at !== current) return;
    current = (at + 1) % servers.length;
    onSwitch({ from: servers[at]!.url, to: servers[current]!.url, error });
  };

  const send = async <Result>(
    repeat: Repeat,
    request: (client: ClickHouseClient) => Promise<Result>,
    errorIn: (result: Result) => unknown = () => null,
  ): Promise<Result> => {
    for (let attempt = 1; ; attempt += 1) {
      const at = current;
      const outcome = await request(servers[at]!.client).then(
        (result) => ({ error: errorIn(result), unwrap: () => result }),
        (error: unknown) => ({
          error,
          unwrap: (): Result => {
            throw error;
          },
        }),
      );
      const fault = faultOf(outcome.error);
      if (fault === null) return outcome.unwrap();
      moveOn(at, outcome.error);
      if (attempt === servers.length || !mayRepeat(repeat, fault)) return outcome.unwrap();
    }
  };

  const routed: Partial<Record<keyof ClickHouseClient, unknown>> = {
    query: (params: Parameters<ClickHouseClient['query']>[0]) => send('read', (client) => client.query(params)),
    command: (params: Parameters<ClickHouseClient['command']>[0]) => send('write', (client) => client.command(params)),
    insert: (params: Parameters<ClickHouseClient['insert']>[0]) =>
      send(Array.isArray(params.values) ? 'write' : 'never', (client) => client.insert(params)),
    exec: (params: Parameters<ClickHouseClient['exec']>[0]) =>
      send('values' in params ? 'never' : 'write', (client) => client.exec(params)),
    // Its failures are results.
    ping: (params: Parameters<ClickHouseClient['ping']>[0]) =>
      send(
        'read',
        (client) => client.ping(params),
        (result) => (result.success ? null : result.error),
      ),
    close: async () => void (await Promise.all(servers.map(({ client }) => client.close()))),
    [Symbol.asyncDispose]: () => client.close(),
  };
  const client = new Proxy(servers[0].client, {
    get: (target, name) => Reflect.get(name in routed ? routed : target, name),
  });
  finders.set(client, async () => {
    await client.ping({ select: true });
    return servers[current]!.client;
  });
  return client;
}

/**
 * A client of one server that answers, for a step whose statements must see each other's results. If this server fails, the step
 * fails, and is begun again as a whole. A client of a single server is returned as it is. Only the given client is closed.
 */
export const oneServer = (client: ClickHouseClient): Promise<ClickHouseClient> =>
  finders.get(client)?.() ?? Promise.resolve(client);
