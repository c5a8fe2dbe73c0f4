import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { compressSync as snappy } from 'snappy';
import { expect, test } from 'vitest';
import { DamagedBatchError, type FetchedMessage, headerBytesOf, readRecordSet } from './fetched-records.ts';

// kafkajs's own encoding and decoding, which have met brokers for years, say what the messages are.
const require = createRequire(import.meta.url);
type Encoder = { buffer: Buffer };
const Record: (record: object) => Encoder = require('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const { RecordBatch }: { RecordBatch(batch: object): Promise<Encoder> } =
  require('kafkajs/src/protocol/recordBatch/v0/index.js');
const Decoder: new (bytes: Buffer) => object = require('kafkajs/src/protocol/decoder.js');
const decodeBatch: (decoder: object) => Promise<{ records: Record<string, unknown>[] }> =
  require('kafkajs/src/protocol/recordBatch/v0/decoder.js');
const { crc32c }: { crc32c(bytes: Buffer): number } = require('@node-rs/crc32');

const FIRST_OFFSET_AT = 0;
const LEADER_EPOCH_AT = 12;
const ATTRIBUTES_AT = 21;
const CONTROL = 0x20;
const LOG_APPEND_TIME = 0x08;
const CHECKSUM_AT = 17;

const buffer = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const batches = fc.array(
  fc.record({
    records: fc.array(
      fc.record({
        key: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: null }),
        value: fc.option(buffer(300), { nil: null }),
        timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
        headers: fc.dictionary(
          // kafkajs takes what every object has for a header that was there before.
          fc.string({ minLength: 1 }).filter((name) => !(name in {})),
          fc.oneof(fc.string(), buffer(20), fc.array(fc.string(), { maxLength: 3 })),
          { maxKeys: 4 },
        ),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    firstOffset: fc.bigInt({ min: 0n, max: 2n ** 52n }),
    firstTimestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
    isTransactional: fc.boolean(),
    isControl: fc.boolean(),
    isAppendTime: fc.boolean(),
    // Compaction takes records out of the middle of a batch and leaves the others' offsets as they are.
    gap: fc.integer({ min: 1, max: 1_000 }),
  }),
  { minLength: 1, maxLength: 5 },
);
type GeneratedBatch = typeof batches extends fc.Arbitrary<(infer Each)[]> ? Each : never;

async function encode(batch: GeneratedBatch): Promise<Buffer> {
  const { buffer: bytes } = await RecordBatch({
    records: batch.records.map(({ timestamp, ...message }, at) =>
      Record({ ...message, offsetDelta: at * batch.gap, timestampDelta: timestamp - batch.firstTimestamp }),
    ),
    firstTimestamp: batch.firstTimestamp,
    maxTimestamp: batch.firstTimestamp,
    producerId: batch.producerId.toString(),
    producerEpoch: 0,
    firstSequence: 0,
    transactional: batch.isTransactional,
    lastOffsetDelta: (batch.records.length - 1) * batch.gap,
  });
  bytes.writeBigInt64BE(batch.firstOffset, FIRST_OFFSET_AT);
  bytes.writeInt32BE(batch.leaderEpoch, LEADER_EPOCH_AT);
  const flags = (batch.isControl ? CONTROL : 0) | (batch.isAppendTime ? LOG_APPEND_TIME : 0);
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | flags, ATTRIBUTES_AT);
  return withChecksum(bytes);
}

function withChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CHECKSUM_AT);
  return bytes;
}

async function asKafkajsReads(bytes: Buffer): Promise<unknown[]> {
  const { records } = await decodeBatch(new Decoder(bytes));
  return records.map(({ magicByte: _, batchContext, ...message }) => {
    const { producerId, inTransaction, partitionLeaderEpoch } = batchContext as FetchedMessage['batchContext'];
    return { ...message, batchContext: { producerId, inTransaction, partitionLeaderEpoch } };
  });
}

test('whatever the batches, the messages are those that kafkajs reads', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const encoded = await Promise.all(all.map(encode));
      const expected = (await Promise.all(encoded.map(asKafkajsReads))).flat();
      expect(readRecordSet(Buffer.concat(encoded))?.map(shown)).toEqual(expected);
    }),
    { seed: 1, numRuns: 300 },
  );
});

/** What it says when asked, as kafkajs's plain objects have it. */
const shown = (message: FetchedMessage) => {
  const { attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext } = message;
  return { attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext };
};

const BATCH: GeneratedBatch = {
  records: [
    { key: 'a', value: Buffer.from('first'), timestamp: 5, headers: {} },
    { key: 'b', value: Buffer.from('second'), timestamp: 6, headers: { reason: 'none' } },
  ],
  firstOffset: 7n,
  leaderEpoch: 2,
  firstTimestamp: 5,
  producerId: 1n,
  isTransactional: true,
  isControl: false,
  isAppendTime: false,
  gap: 1,
};

test.each(['constructor', '__proto__'])('a header that is named %s is one like any other', async (name) => {
  const [record] = BATCH.records;
  const bytes = await encode({ ...BATCH, records: [{ ...record!, headers: Object.fromEntries([[name, 'value']]) }] });
  const [message] = readRecordSet(bytes)!;
  expect(Object.entries(message!.headers!)).toEqual([[name, Buffer.from('value')]]);
});

test('a batch that is cut off behind others is left for the next fetch, wherever it was cut', async () => {
  const one = await encode(BATCH);
  for (let length = 0; length < one.length; length += 1) {
    expect(readRecordSet(Buffer.concat([one, one.subarray(0, length)]))).toHaveLength(2);
  }
});

test('one damaged bit, wherever it is from the checksum on, ends the reading and says at which offset', async () => {
  const bytes = await encode(BATCH);
  for (let bit = 8 * CHECKSUM_AT; bit < 8 * bytes.length; bit += 1) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => readRecordSet(damaged), `bit ${bit}`).toThrow('the batch at offset 7 does not have its checksum');
  }
});

test('a later batch that claims another format is damaged, and so is a first one that claims more than came', async () => {
  const bytes = await encode(BATCH);
  const other = Buffer.from(bytes);
  other.writeInt8(1, 16);
  expect(() => readRecordSet(Buffer.concat([bytes, other]))).toThrow('does not have its checksum');
  expect(() => readRecordSet(bytes.subarray(0, -1))).toThrow('longer than the response');
});

test('kafkajs reads what brokers answer with it', async () => {
  await import('../kafkajs-2.2.4/fetch-committed.ts');
  const { decode }: { decode(response: Buffer): Promise<unknown> } =
    require('kafkajs/src/protocol/requests/fetch/v11/response.js');
  const batch = await encode(BATCH);
  batch[batch.length - 1]! ^= 1;
  const response = Buffer.alloc(64 + batch.length);
  // throttle, error and session stay 0; then one topic without a name, with one partition.
  let at = response.writeInt32BE(1, 10);
  at = response.writeInt16BE(0, at);
  at = response.writeInt32BE(1, at);
  // Its number, error, three offsets, no aborted transactions, no preferred replica.
  at = response.writeInt32BE(batch.length, at + 4 + 2 + 3 * 8 + 4 + 4);
  batch.copy(response, at);
  await expect(decode(response.subarray(0, at + batch.length))).rejects.toThrow(DamagedBatchError);
});

test.each<[string, (bytes: Buffer) => void, string]>([
  [
    'a length that ends before the header of a batch does',
    (bytes) => bytes.writeInt32BE(10, 8),
    'shorter than its header',
  ],
  ['a negative length', (bytes) => bytes.writeInt32BE(-61, 8), 'shorter than its header'],
  ['a count of more records than there are', (bytes) => bytes.writeInt32BE(1_000_000, 57), 'ends within a record'],
  ['a key that is longer than all the rest', (bytes) => bytes.writeInt8(126, 65), 'ends within a record'],
])('%s ends the reading', async (_name, damage, expected) => {
  const bytes = await encode(BATCH);
  damage(bytes);
  expect(() => readRecordSet(withChecksum(bytes))).toThrow(expected);
});

test('a batch of an older format is left to kafkajs', async () => {
  const bytes = await encode(BATCH);
  bytes.writeInt8(1, 16);
  expect(readRecordSet(bytes)).toBeNull();
});

const RECORDS_AT = 61;

/** As a broker compresses a batch again. */
function compressed(batch: Buffer, codec: number, compress: (records: Buffer) => Uint8Array): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, RECORDS_AT), compress(batch.subarray(RECORDS_AT))]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | codec, ATTRIBUTES_AT);
  return withChecksum(bytes);
}

/** Blocks of snappy as snappy-java writes them; here each has one byte more than the one before. */
function xerialSnappy(records: Buffer): Buffer {
  const pieces: Buffer[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (let at = 0, length = 1; at < records.length; at += length, length += 1) {
    const block = snappy(records.subarray(at, at + length));
    const size = Buffer.alloc(4);
    size.writeInt32BE(block.length);
    pieces.push(size, block);
  }
  return Buffer.concat(pieces);
}

const CODECS: [string, number, (records: Buffer) => Uint8Array][] = [
  ['gzip', 1, (records) => gzipSync(records)],
  ["librdkafka's snappy", 2, snappy],
  ["Java's snappy", 2, xerialSnappy],
  ['lz4', 3, (records) => compressFrameSync(records)],
  ['zstd', 4, (records) => zstdCompressSync(records)],
];

test.each(CODECS)(
  'a batch that is compressed with %s is read, with the fast paths and without',
  async (_, codec, compress) => {
    await import('../kafkajs-2.2.4/fetch-committed.ts');
    const plain = await encode(BATCH);
    const bytes = compressed(plain, codec, compress);
    expect(readRecordSet(bytes)?.map(shown)).toEqual(readRecordSet(plain)?.map(shown));
    expect(await asKafkajsReads(bytes)).toEqual(await asKafkajsReads(plain));
  },
);

test.each([...CODECS, ['a codec that Kafka does not define', 5, (records: Buffer) => records] as const])(
  'a batch whose %s is damaged ends the reading and says at which offset',
  async (_, codec, compress) => {
    const bytes = compressed(await encode(BATCH), codec, (records) => compress(records).subarray(0, -9));
    expect(() => readRecordSet(bytes)).toThrow(/^the batch at offset 7 (cannot be decompressed|ends within a record)/);
  },
);

test.each([
  ['gzip', 1, gzipSync],
  ['lz4', 3, compressFrameSync],
  ['zstd', 4, zstdCompressSync],
] as const)('a few bytes of %s that hold 128 MiB end the reading, and not the process', async (_, codec, compress) => {
  const bomb = compress(Buffer.alloc(2 ** 27));
  const bytes = compressed(await encode(BATCH), codec, () => bomb);
  expect(() => readRecordSet(bytes)).toThrow('the batch at offset 7 cannot be decompressed');
});

test('equal headers have equal bytes, and a message that kafkajs decoded has none', async () => {
  const given = [{ a: '1', b: '2' }, { a: '1', b: '2' }, { a: '1', b: '3' }, {}];
  const [record] = BATCH.records;
  const bytes = await encode({ ...BATCH, records: given.map((headers) => ({ ...record!, headers })) });
  const messages = readRecordSet(bytes)!;
  const [first, same, other, none] = messages.map((message) => headerBytesOf(message)!);
  expect(same).toEqual(first);
  expect(other).not.toEqual(first);
  expect(none).toEqual(Buffer.from([0]));
  expect(headerBytesOf({ ...messages[0] })).toBeUndefined();
});
