import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

export type CuttingProxy = AsyncDisposable & {
  url: string;
  /** How many answers have been withheld. */
  cuts(): number;
  /** How many of those inserts were followed by one of the same length: most likely the same batch again. */
  repeatedAsTheyWere(): number;
};

/**
 * A proxy before an HTTP server that loses responses to inserts. It passes on the complete request and waits for the response. If `cut`
 * returns true, it breaks the connection instead of passing on the response.
 */
export async function openCuttingProxy({ to, cut }: { to: string; cut: () => boolean }): Promise<CuttingProxy> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  /** Inserts that the server took, in the order of its responses. */
  const taken: { bytes: number; isCut: boolean }[] = [];
  const cutOnes = () => taken.filter(({ isCut }) => isCut);
  const server = createServer((client) => {
    const upstream = createConnection({ host: target.hostname, port: Number(target.port) });
    let isInsert = false;
    let bytes = 0;
    client.on('data', (data) => {
      // The statement stands in the query, in the first piece of a request.
      const text = data.toString('latin1');
      if (/^(POST|GET) /.test(text)) {
        isInsert = /query=INSERT/i.test(text.slice(0, text.indexOf('\r\n')));
        bytes = 0;
      }
      bytes += data.length;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      const isCut = isInsert && cut();
      if (isInsert) taken.push({ bytes, isCut });
      if (isCut) {
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
    cuts: () => cutOnes().length,
    repeatedAsTheyWere: () =>
      cutOnes().filter((one) => taken.slice(taken.indexOf(one) + 1).some(({ bytes }) => bytes === one.bytes)).length,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
