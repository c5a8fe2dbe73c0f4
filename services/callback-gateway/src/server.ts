import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Log } from 'qcc-core/base/logs';

export type GatewayServer = AsyncDisposable & {
  readonly port: number;
  /** Takes no more connections, ends idle ones, and resolves when the running requests are answered. */
  close(): Promise<void>;
};

/** The gateway cannot listen where it was told to. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** A callback's query is below 1 KiB; a longer one must still be read, as only its key and order number count. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How long a client that was refused may go on sending before its connection is cut. */
const DRAIN_MS = 1_000;

/**
 * Serves the app on a public port. Slow and broken clients are cut off: Node's own limits closed none of a thousand slow
 * sockets in 9 s, these close them all. Input that is not a complete request gets a JSON response too, if the socket allows it. So do
 * CONNECT, expectations and a missing Host: Node would respond without a body, or not at all.
 * @throws ListenError that names the setting to change.
 */
export async function startServer(input: {
  app: { fetch: Parameters<typeof getRequestListener>[0] };
  host: string;
  port: number;
  /** Connections above it are closed as they come. */
  maxConnections: number;
  log: Pick<Log, 'warn'>;
}): Promise<GatewayServer> {
  const { app, host, port, maxConnections, log } = input;
  const server = createServer(
    {
      headersTimeout: 4_000,
      requestTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The app's own listener refuses it, as JSON.
      requireHostHeader: false,
    },
    getRequestListener(app.fetch, {
      errorHandler: (error) => {
        const status = error instanceof RequestError ? 400 : 500;
        log.warn({ err: error }, 'request could not be served');
        return new Response(responseBody(status, status === 400 ? '请求格式错误' : '系统错误'), {
          status,
          headers: RESPONSE_HEADERS,
        });
      },
    }),
  );
  server.maxConnections = maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuse(socket, whyNoRequest(error.code));
  });
  server.on('connect', (_request, socket: Duplex) => refuse(socket, [405, 'Method Not Allowed', '仅支持GET请求']));
  server.on('checkExpectation', (_request, response) => {
    const body = responseBody(417, '不支持Expect请求头');
    const headers = { ...RESPONSE_HEADERS, 'content-length': Buffer.byteLength(body), connection: 'close' };
    response.writeHead(417, headers).end(body);
  });

  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError(explain(error, host, port), { cause: error });
  }
  const close = async () => {
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}

type Refusal = readonly [status: number, phrase: string, msg: string];

function whyNoRequest(code: string | undefined): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large', '请求头过大'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', '请求超时'];
  return [400, 'Bad Request', '请求格式错误'];
}

/** Responds and closes. Bytes that still arrive are read and dropped for `DRAIN_MS`, because a reset would discard the response. */
function refuse(socket: Duplex, [status, phrase, msg]: Refusal): void {
  const body = responseBody(status, msg);
  const headers = { ...RESPONSE_HEADERS, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => {});
  socket.end([`HTTP/1.1 ${status} ${phrase}`, ...lines, '', body].join('\r\n'));
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), DRAIN_MS);
  socket.once('close', () => clearTimeout(cut));
}

function explain(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken: end what holds it, or set GATEWAY_PORT to a free port (0 takes any)`;
  return `cannot listen on ${host}:${port} (${code}): set GATEWAY_HOST and GATEWAY_PORT to an address and port of this machine that the process may open`;
}

/** Every response of the gateway, errors included: JSON with the status as a string, as QCC's own are (document 6.2.2). */
export const responseBody = (status: number, msg: string): string => JSON.stringify({ status: String(status), msg });

/** `no-store`: a cached success would answer for an order that never arrived. */
export const RESPONSE_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
} as const;
