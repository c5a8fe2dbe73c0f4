import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Log } from 'qcc-core/logs';
import { ANSWER_HEADERS, answerBody } from './answer.ts';

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

/**
 * Serves the app on a public port. Slow and broken clients are cut off: Node's own limits closed none of a thousand slow
 * sockets in 9 s, these close them all. What never becomes a request is answered as JSON too, where the socket allows.
 * @throws ListenError that names the setting to change.
 */
export async function startServer(input: {
  app: Hono;
  host: string;
  port: number;
  log: Pick<Log, 'warn'>;
}): Promise<GatewayServer> {
  const { app, host, port, log } = input;
  const server = createServer(
    {
      headersTimeout: 4_000,
      requestTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    getRequestListener(app.fetch, {
      errorHandler: (error) => {
        const status = error instanceof RequestError ? 400 : 500;
        log.warn({ err: error }, 'request could not be served');
        return new Response(answerBody(status, status === 400 ? '请求格式错误' : '系统错误'), {
          status,
          headers: ANSWER_HEADERS,
        });
      },
    }),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end(rawAnswer(error.code));
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

function rawAnswer(code: string | undefined): string {
  const [status, phrase, msg] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large', '请求头过大'] as const)
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout', '请求超时'] as const)
        : ([400, 'Bad Request', '请求格式错误'] as const);
  const body = answerBody(status, msg);
  const headers = { ...ANSWER_HEADERS, 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${phrase}`, ...lines, '', body].join('\r\n');
}

function explain(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken: end what holds it, or set GATEWAY_PORT to a free port (0 takes any)`;
  return `cannot listen on ${host}:${port} (${code}): set GATEWAY_HOST and GATEWAY_PORT to an address and port of this machine that the process may open`;
}
