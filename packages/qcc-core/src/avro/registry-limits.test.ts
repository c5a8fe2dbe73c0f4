import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectCodec, RegistryError } from './codec.ts';
import { loadSchema } from './schemas.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
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

const settingsOf = (url: string) => ({
  SCHEMA_REGISTRY_URL: url,
  SCHEMA_REGISTRY_USERNAME: undefined,
  SCHEMA_REGISTRY_PASSWORD: undefined,
  SCHEMA_REGISTRY_CA_FILE: undefined,
  SCHEMAS: 'apply' as const,
  TOPIC_PREFIX: '',
});

/** The result, or what was thrown, with a clock that goes fifty times as fast. */
async function withinMinutes<Result>(work: Promise<Result>): Promise<Result> {
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  for (let ms = 0; ms < 600_000 && !over; ms += 1_000) {
    // The sockets are real: they need real time, also on a busy machine.
    await sleep(20);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  if (!over) throw new Error('it does not end');
  return await work;
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const respond = (socket: Socket, body: unknown): void => {
  const text = JSON.stringify(body);
  socket.write(`${HEAD}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
};

const ERASURE = {
  account: 'main',
  id: 'e1',
  companyHash: null,
  nameHash: null,
  nameLength: null,
  keyId: 'k1',
  at: 0,
  reason: 'asked for',
  decidedBy: 'a lawyer',
};

test.each<[string, (socket: Socket, request: string) => void, RegExp]>([
  ['never responds', () => {}, /the schema registry at \S+ does not answer/],
  [
    'ends each response in its middle',
    (socket) => socket.end(`${HEAD}content-length: 99\r\n\r\n{"comp`),
    /the schema registry at \S+ closes the connection without a response/,
  ],
  [
    'responds only when it is asked for its subjects',
    (socket, request) => {
      if (request.startsWith('GET /subjects ')) socket.end(`${HEAD}content-length: 2\r\n\r\n[]`);
    },
    /the schema registry at \S+ did not register or find \S+-value in 3 tries of 10 s/,
  ],
])('a registry that %s ends the start within the limit', async (_, onRequest, message) => {
  const error = await withinMinutes(connectCodec(settingsOf(await openRegistry(onRequest)))).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RegistryError);
  expect((error as Error).message).toMatch(message);
});

test('a request that a registry does not answer once is sent again, at the start and for the schema of a message', async () => {
  const known = new Set<string>();
  const unanswered: Socket[] = [];
  const url = await openRegistry((socket, request) => {
    const [line] = request.split('\r\n', 1);
    if (!known.has(line!)) {
      known.add(line!);
      unanswered.push(socket);
    } else if (line!.startsWith('GET /config/')) respond(socket, { compatibilityLevel: 'FULL_TRANSITIVE' });
    else if (line!.startsWith('GET /schemas/ids/')) respond(socket, { schema: JSON.stringify(loadSchema('erasures')) });
    else if (line!.startsWith('GET ')) respond(socket, []);
    else respond(socket, { id: 1 });
  });
  const codec = await withinMinutes(connectCodec(settingsOf(url)));
  const message = codec.encode('erasures', ERASURE);
  message.writeInt32BE(2, 1);
  expect(await withinMinutes(codec.decode('erasures', message))).toEqual(ERASURE);
  vi.useRealTimers();
  await vi.waitFor(() => expect(unanswered.filter((socket) => !socket.destroyed)).toEqual([]), { timeout: 30_000 });
});
