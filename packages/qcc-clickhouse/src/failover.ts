import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';

/** One server of several that hold the same tables, with a client of its own. */
export type Server = { url: string; client: ClickHouseClient };

/** Requests go to another server from now on. */
export type Switch = { from: string; to: string; error: unknown };

/** Nothing of the request has arrived, so it may go to another server whatever it is. */
const UNREACHED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;
/** It may have arrived. */
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
  /** Nothing has arrived. */
  | 'unreached'
  /** Something may have arrived, and was not done for all that is known. */
  | 'lost'
  /** The same, after a minute. */
  | 'timed out';

/** Why another server may do better; null where the request or its caller is at fault. */
function faultOf(error: unknown): Fault | null {
  if (error instanceof ClickHouseError) return OUT_OF_SERVICE.has(error.code) ? 'lost' : null;
  if (!(error instanceof Error)) return null;
  const code = 'code' in error ? String(error.code) : '';
  if (UNREACHED.test(code)) return 'unreached';
  if (LOST.test(code)) return 'lost';
  if (error.message === TIMED_OUT) return 'timed out';
  // Not ClickHouse but a proxy before it answers, such as 503 with a page. The client drops the status.
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

/** Of each client, a function that finds a server that answers. */
const finders = new WeakMap<ClickHouseClient, () => Promise<ClickHouseClient>>();

/**
 * A client for several servers. Each request goes to the server that answered last. If that one cannot be reached, or is out of
 * service, the requests after it go to the next one. The request itself goes on there only where that cannot do its work twice;
 * otherwise it fails, and its caller tries again.
 *
 * Two requests may go to two servers, of which one may lack what the other has just stored: see `oneServer`.
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
        (result) => ({ error: errorIn(result), settle: () => result }),
        (error: unknown) => ({
          error,
          settle: (): Result => {
            throw error;
          },
        }),
      );
      const fault = faultOf(outcome.error);
      if (fault === null) return outcome.settle();
      moveOn(at, outcome.error);
      if (attempt === servers.length || !mayRepeat(repeat, fault)) return outcome.settle();
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
