import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

export type CuttingProxy = AsyncDisposable & {
  url: string;
  /** How many answers have been withheld. */
  cuts(): number;
};

/**
 * A way to an HTTP server on which answers to inserts get lost: the request is passed whole, the server's answer is waited
 * for, and where `cut` says so the connection is broken instead of passing it on.
 */
export async function openCuttingProxy({ to, cut }: { to: string; cut: () => boolean }): Promise<CuttingProxy> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = createConnection({ host: target.hostname, port: Number(target.port) });
    let isInsert = false;
    client.on('data', (data) => {
      // The statement stands in the query, in the first piece of a request.
      const text = data.toString('latin1');
      if (/^(POST|GET) /.test(text)) isInsert = /query=INSERT/i.test(text.slice(0, text.indexOf('\r\n')));
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isInsert && cut()) {
        cuts += 1;
        client.destroy();
        upstream.destroy();
      } else client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
