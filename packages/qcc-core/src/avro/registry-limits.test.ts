import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { connectCodec, RegistryError } from './codec.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** @param onRequest what the registry does with a socket that has sent a request. */
async function openRegistry(onRequest: (socket: Socket, request: string) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (request) => onRequest(socket, String(request)));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

test.each<[string, (socket: Socket, request: string) => void, RegExp]>([
  ['never responds', () => {}, /the schema registry at \S+ does not answer/],
  [
    'ends each response in its middle',
    (socket) => socket.end(`${HEAD}content-length: 99\r\n\r\n{"comp`),
    /the schema registry at \S+ ends the connection without a response/,
  ],
  [
    'responds only when it is asked for its subjects',
    (socket, request) => {
      if (request.startsWith('GET /subjects ')) socket.end(`${HEAD}content-length: 2\r\n\r\n[]`);
    },
    /the schema registry at \S+ did not register or find \S+-value within 30 s/,
  ],
])('a registry that %s ends the start within the limit', async (_, onRequest, message) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const url = await openRegistry(onRequest);
  const connecting = connectCodec({
    SCHEMA_REGISTRY_URL: url,
    SCHEMA_REGISTRY_USERNAME: undefined,
    SCHEMA_REGISTRY_PASSWORD: undefined,
    SCHEMA_REGISTRY_CA_FILE: undefined,
    SCHEMAS: 'apply',
    TOPIC_PREFIX: '',
  });
  let error: unknown;
  void connecting.catch((thrown: unknown) => {
    error = thrown;
  });
  for (let ms = 0; ms < 120_000 && error === undefined; ms += 1_000) {
    // The sockets are real: they need real time, also on a busy machine.
    await sleep(20);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(error).toBeInstanceOf(RegistryError);
  expect((error as Error).message).toMatch(message);
});
