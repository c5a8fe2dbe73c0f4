import { crc32c } from '@node-rs/crc32';
import type { IHeaders } from 'kafkajs';
import { type Composed, writeValue } from '../../avro/composed.ts';
import { sizeOfLong, writeLong } from '../../avro/long.ts';

/** The records of one batch, encoded as they are added. */
export type PackedRecords = {
  readonly length: number;
  /** Bytes that they take so far, without the batch's own header. */
  readonly byteLength: number;
  /**
   * Adds a record, of which a value of `null` is a tombstone.
   * @returns false if the whole batch, its header included, would have more than `mostBytes`; nothing is added then.
   */
  add(key: string, value: Buffer | Composed | null, headers?: IHeaders, mostBytes?: number): boolean;
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
/** The first offset and the field `length` itself, which `length` does not count. */
const UNCOUNTED_BYTES = 12;
/** The checksum is of all that follows it. */
const CHECKED_FROM = 21;
export const MAGIC = 2;
export const TRANSACTIONAL = 0x10;
/** Most batches hold a few short messages. Others continue in larger pages, which are not copied when they are full. */
const FIRST_PAGE_BYTES = 2_048;
const PAGE_BYTES = 65_536;

/**
 * Starts a batch of records in Kafka's message format 2 (KIP-98; https://kafka.apache.org/documentation/#recordbatch),
 * uncompressed. kafkajs makes a buffer of 512 bytes for each record, copies it four times and computes the checksum byte
 * by byte: most of a producer's time.
 */
export function packRecords(): PackedRecords {
  /** Full pages, each without its unused end. */
  const pages: Buffer[] = [];
  let page = Buffer.allocUnsafe(FIRST_PAGE_BYTES);
  let end = 0;
  let filledBytes = 0;
  let length = 0;

  const makeRoom = (needed: number): void => {
    if (end + needed <= page.length) return;
    if (end > 0) pages.push(page.subarray(0, end));
    filledBytes += end;
    page = Buffer.allocUnsafe(Math.max(PAGE_BYTES, needed));
    end = 0;
  };

  return {
    get length() {
      return length;
    },
    get byteLength() {
      return filledBytes + end;
    },
    add(key, value, headers, mostBytes = Number.POSITIVE_INFINITY) {
      const keyBytes = Buffer.byteLength(key);
      const valueBytes = value?.byteLength ?? -1;
      const flat = headers ? flatten(headers) : NO_HEADERS;
      const bodyBytes = sizeOfBody({ offsetDelta: length, keyBytes, valueBytes, flat });
      const recordBytes = sizeOfLong(bodyBytes) + bodyBytes;
      if (BATCH_HEADER_BYTES + filledBytes + end + recordBytes > mostBytes) return false;
      makeRoom(recordBytes);
      end = writeLong(page, end, bodyBytes);
      page[end++] = 0;
      page[end++] = 0;
      end = writeLong(page, end, length);
      end = writeLong(page, end, keyBytes);
      end += page.write(key, end);
      end = writeLong(page, end, valueBytes);
      if (value) end = writeValue(value, page, end);
      end = writeLong(page, end, flat.length);
      for (const [name, content] of flat) {
        end = writeLong(page, end, name.length);
        end += name.copy(page, end);
        end = writeLong(page, end, content?.length ?? -1);
        if (content) end += content.copy(page, end);
      }
      length += 1;
      return true;
    },
    writeBatch(target, offset, producer) {
      const { timestamp } = producer;
      const batch = target.subarray(offset, offset + BATCH_HEADER_BYTES + filledBytes + end);
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
      let at = BATCH_HEADER_BYTES;
      for (const filled of pages) at += filled.copy(batch, at);
      page.copy(batch, at, 0, end);
      batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), 17);
      return offset + batch.length;
    },
  };
}

/**
 * The bytes of a batch that holds this message alone: what the broker compares with `max.message.bytes` of the topic
 * (https://kafka.apache.org/documentation/#topicconfigs_max.message.bytes).
 */
export function sizeOfMessage(message: {
  key: string;
  value: Pick<Composed, 'byteLength'> | null;
  headers?: IHeaders;
}) {
  const { key, value, headers } = message;
  const flat = headers ? flatten(headers) : NO_HEADERS;
  const keyBytes = Buffer.byteLength(key);
  const bodyBytes = sizeOfBody({ offsetDelta: 0, keyBytes, valueBytes: value?.byteLength ?? -1, flat });
  return BATCH_HEADER_BYTES + sizeOfLong(bodyBytes) + bodyBytes;
}

/** Attributes, and the difference from the timestamp of the batch; both are 0. */
const CONSTANT_BYTES = 2;

/** A record without the length that precedes it. */
function sizeOfBody(record: { offsetDelta: number; keyBytes: number; valueBytes: number; flat: FlatHeader[] }): number {
  const { offsetDelta, keyBytes, valueBytes, flat } = record;
  return (
    CONSTANT_BYTES +
    sizeOfLong(offsetDelta) +
    sizeOfLong(keyBytes) +
    keyBytes +
    sizeOfLong(valueBytes) +
    Math.max(0, valueBytes) +
    flat.reduce((sum, header) => sum + sizeOfHeader(header), sizeOfLong(flat.length))
  );
}

type FlatHeader = [name: Buffer, content: Buffer | null];
const NO_HEADERS: FlatHeader[] = [];

/** Records of an order carry the same object, which is measured and written for each of them. */
let lastFlat: { headers: IHeaders; flat: FlatHeader[] } | undefined;

function flatten(headers: IHeaders): FlatHeader[] {
  if (lastFlat?.headers !== headers) lastFlat = { headers, flat: toFlat(headers) };
  return lastFlat.flat;
}

const toFlat = (headers: IHeaders): FlatHeader[] =>
  Object.entries(headers).flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map(
      (each): FlatHeader => [Buffer.from(name), each === undefined ? null : Buffer.from(each)],
    ),
  );

const sizeOfHeader = ([name, content]: FlatHeader): number =>
  sizeOfLong(name.length) + name.length + sizeOfLong(content?.length ?? -1) + (content?.length ?? 0);
