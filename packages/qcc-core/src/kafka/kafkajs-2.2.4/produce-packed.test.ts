import { createRequire } from 'node:module';
import type { TopicMessages } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { packRecords } from '../wire/record-batch.ts';
import { packedTopic } from './produce-packed.ts';

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

const DIFFERENTLY = 'kafkajs works differently than 2.2.4';

function packed(): TopicMessages {
  const records = packRecords();
  records.add('key', Buffer.from('value'));
  return packedTopic('records', new Map([[0, records]]));
}

// A loop over no messages would send nothing and succeed, and the lane would commit.
test.each<[string, (messages: TopicMessages['messages']) => unknown]>([
  ['walks through the messages', (messages) => Array.from(messages)],
  ['takes the first of them', ([first]) => first],
  ['copies them', (messages) => [...messages]],
  ['counts them', ({ length }) => length],
])('a kafkajs that %s finds encoded batches, and fails', (_what, use) => {
  expect(() => use(packed().messages)).toThrow(DIFFERENTLY);
});

test('a kafkajs that uses another method of arrays on encoded batches fails', () => {
  const { messages } = packed();
  const methods = Object.getOwnPropertyNames(Array.prototype).filter((name) => !(name in Object.prototype));
  const there = methods.filter((name) => name !== 'length' && Reflect.get(messages, name) !== undefined);
  expect(there).toEqual(['find', 'reduce']);
});

test('kafkajs refuses a request that names a topic with encoded batches twice, and sends nothing of it', async () => {
  const createMessageProducer = require('kafkajs/src/producer/messageProducer.js');
  const send = vi.fn(async () => []);
  const { sendBatch } = createMessageProducer({ retrier: send, getConnectionStatus: () => 'connected' });
  await sendBatch({ topicMessages: [packed()] });
  await expect(sendBatch({ topicMessages: [packed(), packed()] })).rejects.toThrow(DIFFERENTLY);
  expect(send).toHaveBeenCalledTimes(1);
});
