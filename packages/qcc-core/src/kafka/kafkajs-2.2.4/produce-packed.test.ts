import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import './produce-packed.ts';

const require = createRequire(import.meta.url);
type Encoder = { buf: Buffer; offset: number; room?: number; readonly buffer: Buffer };
const Encoder: new (bytes?: number) => Encoder = require('kafkajs/src/protocol/encoder.js');
const createRequest: (input: object) => Promise<Encoder> = require('kafkajs/src/protocol/request.js');

const BODY = Buffer.from('what is produced');

function encoderOf(memory: Buffer, room: number): Encoder {
  const encoder = new Encoder(1);
  encoder.buf = memory.subarray(room);
  encoder.offset = memory.length - room;
  if (room > 0) encoder.room = room;
  return encoder;
}

test.each([
  ['as much as it takes', 'sink', 1_024, true],
  ['less than it takes', 'x'.repeat(3_000), 1_024, false],
  ['room for one of its two parts', 'sink', 14, false],
  ['none', 'sink', 0, false],
])(
  'a request whose body has room before it, %s, has the bytes that copying gives it',
  async (_name, clientId, room, inPlace) => {
    const memory = Buffer.alloc(room + BODY.length, 0xaa);
    BODY.copy(memory, room);
    const requestWith = (body: Encoder) =>
      createRequest({ correlationId: 7, clientId, request: { apiKey: 0, apiVersion: 7, encode: async () => body } });
    const { buffer } = await requestWith(encoderOf(memory, room));
    expect(buffer).toEqual((await requestWith(encoderOf(BODY, 0))).buffer);
    expect(buffer.readInt32BE()).toBe(buffer.length - 4);
    expect(buffer.buffer === memory.buffer).toBe(inPlace);
  },
);
