import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAssembler, wholeAnswers } from './whole-answers.ts';

const answerOf = (content: Uint8Array): Buffer => {
  const answer = Buffer.alloc(4 + content.length);
  answer.writeInt32BE(content.length);
  answer.set(content, 4);
  return answer;
};

/** What is given for pieces that are written to again once they were taken. */
function assemble(pieces: readonly Buffer[]): Buffer[] {
  const given: Buffer[] = [];
  const take = createAssembler((answer) => void given.push(answer));
  for (const piece of pieces) {
    const read = Buffer.from(piece);
    take(read);
    read.fill(0x5a);
  }
  return given;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...pieces, bytes.subarray(at)];
}

test('answers come whole and in their order, however they were cut on their way', () => {
  const contents = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 });
  fc.assert(
    fc.property(contents, cuts, (each, lengths) => {
      const answers = each.map(answerOf);
      expect(assemble(cut(Buffer.concat(answers), lengths))).toEqual(answers);
    }),
    { seed: 6 },
  );
});

test('one that is cut off is not given', () => {
  const answer = answerOf(Buffer.from('answer'));
  expect(assemble([answer, answer.subarray(0, -1)])).toEqual([answer]);
});

test.each([
  ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xfe, 1, 2, 3])],
])('what %s says is given as it comes, and no memory is taken for what it seems to announce', (_name, bytes) => {
  expect(assemble(cut(bytes, [2, 4]))).toEqual([bytes.subarray(0, 6), bytes.subarray(6)]);
});

/** A server that says what it is given, in pieces that leave one by one, and ends. */
async function serve(bytes: Buffer) {
  const server = createServer(async (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    for (let at = 0; at < bytes.length; at += 50_000) {
      socket.write(bytes.subarray(at, at + 50_000));
      await sleep(1);
    }
    socket.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

test('a socket has one event for each answer, and ends', async () => {
  const answers = [300_000, 10, 70_000].map((length, at) => answerOf(Buffer.alloc(length, at + 1)));
  await using server = await serve(Buffer.concat(answers));
  const socket = wholeAnswers({ host: '127.0.0.1', port: server.port, ssl: undefined as never, onConnect() {} });
  const given: Buffer[] = [];
  socket.on('data', (answer: Buffer) => void given.push(answer));
  await once(socket, 'end');
  socket.destroy();
  expect(given).toEqual(answers);
});

test('kafkajs reads whole answers where they stand, and keeps none', () => {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/connection.js');
  const payloads: Buffer[] = [];
  const connection = Object.create(prototype, {
    chunks: { value: [], writable: true },
    bytesBuffered: { value: 0, writable: true },
    bytesNeeded: { value: 4, writable: true },
    authHandlers: { value: null },
    requestQueue: { value: { fulfillRequest: ({ payload }: { payload: Buffer }) => void payloads.push(payload) } },
  });
  const correlationId = [0, 0, 0, 7];
  for (const content of [
    [1, 2, 3],
    [4, 5],
  ]) {
    const answer = answerOf(Buffer.from([...correlationId, ...content]));
    connection.processData(answer);
    expect(payloads.at(-1)).toEqual(answer.subarray(8));
    expect(payloads.at(-1)!.buffer).toBe(answer.buffer);
    expect(connection.chunks).toEqual([]);
  }
});
