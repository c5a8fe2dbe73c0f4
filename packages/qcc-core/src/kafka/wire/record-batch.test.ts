import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { IHeaders } from 'kafkajs';
import { expect, test } from 'vitest';
import { composed } from '../../testing/composed.ts';
import { BATCH_HEADER_BYTES, packRecords } from './record-batch.ts';

// kafkajs's own encoding, which brokers have taken for years, says what the bytes have to be.
const require = createRequire(import.meta.url);
type Encoder = { buffer: Buffer };
const Record: (record: object) => Encoder = require('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const { RecordBatch }: { RecordBatch(batch: object): Promise<Encoder> } =
  require('kafkajs/src/protocol/recordBatch/v0/index.js');

type Message = { key: string; value: Buffer | null; headers: IHeaders };
const buffer = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const headers = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.oneof(fc.string(), buffer(20), fc.array(fc.string(), { maxLength: 3 })),
  { maxKeys: 4 },
);
const messages: fc.Arbitrary<Message[]> = fc.array(
  fc.record({
    key: fc.string({ unit: 'grapheme', maxLength: 40 }),
    value: fc.option(buffer(300), { nil: null }),
    headers,
  }),
  { minLength: 1, maxLength: 200 },
);

test('whatever the messages, a batch has the bytes that kafkajs gives it', async () => {
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.record({
        producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
        producerEpoch: fc.integer({ min: 0, max: 32_767 }),
        firstSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        isTransactional: fc.boolean(),
        timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      }),
      async (all, producer) => {
        const packed = packRecords();
        for (const [at, { key, value, headers: each }] of all.entries())
          packed.add(key, value && at % 2 === 0 ? composed(value.subarray(0, at), value.subarray(at)) : value, each);
        const target = Buffer.alloc(7 + BATCH_HEADER_BYTES + packed.byteLength);
        expect(packed.writeBatch(target, 7, producer)).toBe(target.length);

        const expected = await RecordBatch({
          records: all.map((message, offsetDelta) => Record({ ...message, offsetDelta })),
          firstTimestamp: producer.timestamp,
          maxTimestamp: producer.timestamp,
          producerId: producer.producerId.toString(),
          producerEpoch: producer.producerEpoch,
          firstSequence: producer.firstSequence,
          transactional: producer.isTransactional,
          lastOffsetDelta: all.length - 1,
        });
        expect(target.subarray(7)).toEqual(expected.buffer);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('a value of a megabyte grows the batch', () => {
  const packed = packRecords();
  packed.add('key', Buffer.alloc(1_048_576, 7));
  expect(packed.length).toBe(1);
  expect(packed.byteLength).toBeGreaterThan(1_048_576);
});
