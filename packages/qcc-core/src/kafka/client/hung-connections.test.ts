import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createResponseCounter, endHungConnections } from './hung-connections.ts';

const PRODUCE = 0;
const JOIN_GROUP = 11;
const LIMIT_MS = 10_000;
const MEMBERS_LIMIT_MS = 35_000;

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
  const sockets: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  opened.defer(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let now = 0;
  const open = endHungConnections(({ onConnect }) => connect({ host: '127.0.0.1', port }, onConnect), {
    limitMs: LIMIT_MS,
    membersLimitMs: MEMBERS_LIMIT_MS,
    now: () => now,
  });
  const ending = opened.use(new AsyncDisposableStack());
  const connectAgain = async () => {
    const connected = Promise.withResolvers<void>();
    const socket = open({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: connected.resolve });
    sockets.push(socket);
    ending.defer(() => void socket.destroy());
    const endings: string[] = [];
    socket.on('end', () => endings.push('end'));
    socket.on('error', (error) => endings.push(error.message));
    const number = accepted.length;
    await connected.promise;
    await vi.waitUntil(() => accepted[number], { timeout: 30_000 });
    const broker = accepted[number]!;
    ending.defer(() => void broker.destroy());
    /** Resolves when the client has read it. */
    const answer = async (bytes = RESPONSE) => {
      const before = socket.bytesRead;
      broker.write(bytes);
      await vi.waitUntil(() => socket.bytesRead >= before + bytes.length, { timeout: 30_000 });
    };
    return { socket, endings, answer };
  };
  const first = await connectAgain();
  const kept = opened.move();
  return {
    ...first,
    connectAgain,
    /** Moves the clock, and waits until the connection has been checked after that. */
    async pass(ms: number) {
      const looksBefore = looks;
      now += ms;
      await vi.waitUntil(
        () => sockets.every(({ destroyed }) => destroyed) || looks >= looksBefore + 2 * sockets.length,
        {
          timeout: 30_000,
          interval: 20,
        },
      );
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

test('when a broker has hung, its other connections and new ones wait only shortly, until it answers one', async () => {
  await using line = await connectToBroker();
  const joining = await line.connectAgain();
  joining.socket.write(requestOf(JOIN_GROUP));
  line.socket.write(requestOf(PRODUCE));
  await line.pass(1);
  await line.pass(LIMIT_MS);
  await vi.waitFor(() => expect(joining.endings).toEqual([expect.stringContaining('has not answered')]), {
    timeout: 30_000,
  });

  const late = await line.connectAgain();
  const answered = await line.connectAgain();
  late.socket.write(requestOf(JOIN_GROUP));
  await line.pass(1);
  await line.pass(LIMIT_MS / 2);
  await vi.waitFor(() => expect(late.endings).toEqual([expect.stringContaining('has not answered')]), {
    timeout: 30_000,
  });

  answered.socket.write(requestOf(PRODUCE));
  await answered.answer();
  answered.socket.write(requestOf(JOIN_GROUP));
  await line.pass(1);
  await line.pass(3 * LIMIT_MS);
  await answered.answer();
  expect(answered.endings).toEqual([]);
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
