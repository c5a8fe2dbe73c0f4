import { once } from 'node:events';
import { request as ask } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { Certificate } from './certificates.ts';

/**
 * A TLS terminator with a login in front of a plain HTTP endpoint of the local stack, as production has one.
 * Without the login it answers 401 and passes nothing on; the login itself stays at the door.
 */
export type TlsDoor = AsyncDisposable & { port: number };

export async function openTlsDoor(input: {
  certificate: Certificate;
  login: { username: string; password: string };
  /** What stands behind: only its host and port count. */
  target: string;
}): Promise<TlsDoor> {
  const { hostname, port } = new URL(input.target);
  const { username, password } = input.login;
  const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const server = createServer(
    { cert: input.certificate.certificate, key: input.certificate.key },
    (incoming, outgoing) => {
      // ClickHouse's client sends headers of its own instead of Basic where it was given an authority.
      const { authorization, 'x-clickhouse-user': user, 'x-clickhouse-key': key, ...headers } = incoming.headers;
      if (authorization !== wanted && (user !== username || key !== password)) {
        outgoing.writeHead(401, { 'content-type': 'text/plain' }).end('who are you?');
        return;
      }
      const forward = ask({ hostname, port, method: incoming.method, path: incoming.url, headers }, (answer) => {
        // The client may have gone meanwhile, and nothing can be piped to it then.
        if (outgoing.destroyed) {
          answer.destroy();
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        pipeline(answer, outgoing, () => {});
      });
      pipeline(incoming, forward, (error) => {
        if (error) outgoing.destroy(error);
      });
    },
  );
  // A client that speaks no TLS, or does not trust, is what the tests are about.
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
