import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type StaleClickHouse = AsyncDisposable & { url: string };

/**
 * ClickHouse behind a door that holds each answer back while `meanwhile` runs. So rows can arrive between the moment that an
 * answer describes and the moment at which the client has it.
 */
export async function openStaleClickHouse(url: string, meanwhile: () => Promise<unknown>): Promise<StaleClickHouse> {
  const server = createServer((request, response) => {
    const answer = async () => {
      const headers = new Headers();
      for (const name of ['x-clickhouse-user', 'x-clickhouse-key'])
        headers.set(name, String(request.headers[name] ?? ''));
      const answered = await fetch(url, { method: 'POST', body: await text(request), headers });
      const body = await answered.text();
      await meanwhile();
      response.writeHead(answered.status).end(body);
    };
    answer().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
