import { crc32c } from '@node-rs/crc32';
import type { IHeaders } from 'kafkajs';

/** The records of one batch, encoded as they are added. */
export type PackedRecords = {
  readonly length: number;
  /** Bytes that they take so far, without the batch's own header. */
  readonly byteLength: number;
  /** `null` is a tombstone. */
  add(key: Buffer, value: Buffer | null, headers?: IHeaders): void;
  /** Puts the whole batch into `target`, from `offset` on, and returns where it ends. */
  writeBatch(target: Buffer, offset: number, producer: BatchProducer): number;
};

export type BatchProducer = {
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  isTransactional: boolean;
  /** Milliseconds since 1970, of each record in it. */
  timestamp: number;
};

/** What the header of a batch takes. */
export const BATCH_HEADER_BYTES = 61;
/** What stands in front of `length`, which does not count it. */
const UNCOUNTED_BYTES = 12;
/** The checksum is of all that follows it. */
const CHECKED_FROM = 21;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
/** Of a record beside key, value and headers: five varints of five bytes at most, and attributes. */
const RECORD_MARGIN_BYTES = 32;
const FIRST_BYTES = 16_384;

/**
 * Starts a batch of records in Kafka's message format 2 (KIP-98; https://kafka.apache.org/documentation/#recordbatch),
 * uncompressed. kafkajs makes a buffer of 512 bytes for each record, copies it four times and computes the checksum byte
 * by byte: most of a producer's time.
 */
export function packRecords(): PackedRecords {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let end = 0;
  let length = 0;

  const makeRoom = (needed: number): void => {
    if (end + needed <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, end + needed));
    bytes.copy(larger, 0, 0, end);
    bytes = larger;
  };

  return {
    get length() {
      return length;
    },
    get byteLength() {
      return end;
    },
    add(key, value, headers) {
      const valueBytes = value?.length ?? -1;
      const flat = headers ? flatten(headers) : NO_HEADERS;
      const headerBytes = flat.reduce((sum, header) => sum + sizeOfHeader(header), sizeOfVarint(flat.length));
      const bodyBytes =
        2 + // attributes and the difference of the timestamp, both 0
        sizeOfVarint(length) +
        sizeOfVarint(key.length) +
        key.length +
        sizeOfVarint(valueBytes) +
        Math.max(0, valueBytes) +
        headerBytes;
      makeRoom(bodyBytes + RECORD_MARGIN_BYTES);
      end = writeVarint(bytes, end, bodyBytes);
      bytes[end++] = 0;
      bytes[end++] = 0;
      end = writeVarint(bytes, end, length);
      end = writeVarint(bytes, end, key.length);
      end += key.copy(bytes, end);
      end = writeVarint(bytes, end, valueBytes);
      if (value) end += value.copy(bytes, end);
      end = writeVarint(bytes, end, flat.length);
      for (const [name, content] of flat) {
        end = writeVarint(bytes, end, name.length);
        end += name.copy(bytes, end);
        end = writeVarint(bytes, end, content?.length ?? -1);
        if (content) end += content.copy(bytes, end);
      }
      length += 1;
    },
    writeBatch(target, offset, producer) {
      const { timestamp } = producer;
      const batch = target.subarray(offset, offset + BATCH_HEADER_BYTES + end);
      batch.writeBigInt64BE(0n, 0); // the broker gives offsets
      batch.writeInt32BE(batch.length - UNCOUNTED_BYTES, 8);
      batch.writeInt32BE(0, 12);
      batch.writeInt8(MAGIC, 16);
      batch.writeInt16BE(producer.isTransactional ? TRANSACTIONAL : 0, 21);
      batch.writeInt32BE(length - 1, 23);
      batch.writeBigInt64BE(BigInt(timestamp), 27);
      batch.writeBigInt64BE(BigInt(timestamp), 35);
      batch.writeBigInt64BE(producer.producerId, 43);
      batch.writeInt16BE(producer.producerEpoch, 51);
      batch.writeInt32BE(producer.firstSequence, 53);
      batch.writeInt32BE(length, 57);
      bytes.copy(batch, BATCH_HEADER_BYTES, 0, end);
      batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), 17);
      return offset + batch.length;
    },
  };
}

type FlatHeader = [name: Buffer, content: Buffer | null];
const NO_HEADERS: FlatHeader[] = [];

const flatten = (headers: IHeaders): FlatHeader[] =>
  Object.entries(headers).flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map(
      (each): FlatHeader => [Buffer.from(name), each === undefined ? null : Buffer.from(each)],
    ),
  );

const sizeOfHeader = ([name, content]: FlatHeader): number =>
  sizeOfVarint(name.length) + name.length + sizeOfVarint(content?.length ?? -1) + (content?.length ?? 0);

/** Signed integers of 32 bits, zigzag and seven bits a byte. */
function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

function writeVarint(target: Buffer, offset: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = rest | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}
