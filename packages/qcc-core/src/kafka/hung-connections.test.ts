import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createResponseCounter, endHungConnections } from './hung-connections.ts';

const PRODUCE = 0;
const JOIN_GROUP = 11;
const LIMIT_MS = 10_000;

const framed = (content: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length);
  return Buffer.concat([length, content]);
};
const requestOf = (apiKey: number): Buffer => {
  const content = Buffer.alloc(10);
  content.writeInt16BE(apiKey);
  return framed(content);
};
const RESPONSE = framed(Buffer.from('response'));

/** A broker that responds when the test asks, and a client's connection to it, under a clock that the test moves. */
async function connectToBroker() {
  await using opened = new AsyncDisposableStack();
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  opened.defer(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let now = 0;
  const open = endHungConnections(({ onConnect }) => connect({ host: '127.0.0.1', port }, onConnect), {
    limitMs: LIMIT_MS,
    now: () => now,
  });
  const connected = Promise.withResolvers<void>();
  const socket = open({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: connected.resolve });
  opened.defer(() => void socket.destroy());
  const endings: string[] = [];
  socket.on('end', () => endings.push('end'));
  socket.on('error', (error) => endings.push(error.message));
  await connected.promise;
  await vi.waitUntil(() => accepted[0], { timeout: 30_000 });
  const broker = accepted[0]!;
  opened.defer(() => void broker.destroy());
  const kept = opened.move();
  return {
    socket,
    endings,
    /** Resolves when the client has read it. */
    async answer(bytes = RESPONSE) {
      const before = socket.bytesRead;
      broker.write(bytes);
      await vi.waitUntil(() => socket.bytesRead >= before + bytes.length, { timeout: 30_000 });
    },
    /** Moves the clock, and waits until the connection has been checked after that. */
    async pass(ms: number) {
      const looksBefore = looks;
      now += ms;
      await vi.waitUntil(() => socket.destroyed || looks >= looksBefore + 2, { timeout: 30_000, interval: 20 });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
/** How many checks of connections have run. */
let looks = 0;
const { setInterval: realSetInterval } = globalThis;
vi.stubGlobal('setInterval', (callback: () => void, ms: number) =>
  realSetInterval(() => {
    looks += 1;
    callback();
  }, ms / 25),
);

test('a connection whose first request has no response fails, so that another broker is tried', async () => {
  await using line = await connectToBroker();
  line.socket.write(requestOf(PRODUCE));
  await line.pass(LIMIT_MS - 1);
  expect(line.endings).toEqual([]);
  await line.pass(LIMIT_MS);
  await vi.waitFor(() => expect(line.endings).toEqual([expect.stringContaining('has not answered')]), {
    timeout: 30_000,
  });
  expect(line.socket.destroyed).toBe(true);
});

test('a connection that was answered before is closed, so that the leaders are asked for again', async () => {
  await using line = await connectToBroker();
  line.socket.write(requestOf(PRODUCE));
  await line.answer();
  line.socket.write(requestOf(PRODUCE));
  await line.pass(1);
  await line.pass(LIMIT_MS);
  await vi.waitFor(() => expect(line.endings).toEqual(['end']), { timeout: 30_000 });
  expect(line.socket.destroyed).toBe(true);
});

test('a connection without requests is kept, and so is one that waits for the members of its group', async () => {
  await using line = await connectToBroker();
  await line.pass(10 * LIMIT_MS);
  line.socket.write(requestOf(JOIN_GROUP));
  await line.pass(1);
  await line.pass(3 * LIMIT_MS);
  await line.answer();
  expect(line.endings).toEqual([]);
});

test('the time limit of a request starts when the request before it is answered', async () => {
  await using line = await connectToBroker();
  line.socket.write(requestOf(JOIN_GROUP));
  line.socket.write(requestOf(PRODUCE));
  await line.pass(1);
  await line.pass(3 * LIMIT_MS);
  await line.answer();
  await line.pass(LIMIT_MS - 1);
  expect(line.endings).toEqual([]);
  await line.pass(LIMIT_MS);
  await vi.waitFor(() => expect(line.endings).toEqual(['end']), { timeout: 30_000 });
});

test('a request that is written to a connection that was closed fails', async () => {
  await using line = await connectToBroker();
  line.socket.write(requestOf(PRODUCE));
  await line.answer();
  line.socket.emit('end');
  line.socket.destroy();
  line.socket.write(requestOf(PRODUCE));
  await vi.waitFor(() => expect(line.endings).toEqual(['end', expect.stringContaining('was closed')]), {
    timeout: 30_000,
  });
});

test('a connection whose response arrives slowly is kept', async () => {
  await using line = await connectToBroker();
  line.socket.write(requestOf(PRODUCE));
  for (const byte of RESPONSE) {
    await line.answer(Buffer.of(byte));
    await line.pass(LIMIT_MS - 1);
  }
  expect(line.endings).toEqual([]);
});

test('responses are counted however their bytes are split', () => {
  const responses = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 });
  fc.assert(
    fc.property(responses, cuts, (contents, lengths) => {
      const bytes = Buffer.concat(contents.map((content) => framed(Buffer.from(content))));
      let counted = 0;
      const count = createResponseCounter(() => {
        counted += 1;
      });
      let at = 0;
      for (const length of [...lengths, bytes.length]) {
        count(bytes.subarray(at, at + length));
        at += length;
      }
      expect(counted).toBe(contents.length);
    }),
    { seed: 14 },
  );
});
