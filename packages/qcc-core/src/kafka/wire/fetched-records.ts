import { crc32c } from '@node-rs/crc32';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { readLong } from '../../avro/long.ts';
import { describeError } from '../../base/errors.ts';
import { CODEC, decompress } from './decompress.ts';
import { BATCH_HEADER_BYTES, MAGIC, TRANSACTIONAL } from './record-batch.ts';

/**
 * A message as kafkajs's consumer takes it from a broker's response. The fields are decoded each time they are read. Keeping
 * one message keeps its whole fetch in memory. Spreading it copies nothing, so a sender must name the fields.
 */
export type FetchedMessage = KafkaMessage & {
  /** Not delivered to readers: a transaction marker, or a message that `hide-aborted.ts` hides. */
  isControlRecord: boolean;
  batchContext: {
    producerId: string;
    inTransaction: boolean;
    /** Of the leader that appended the batch (KIP-101); -1 if that is not known. */
    partitionLeaderEpoch: number;
  };
};

/** The bytes are not a batch that a broker would have accepted: they were damaged on a disk or in transit. */
export class DamagedBatchError extends Error {
  override readonly name = 'DamagedBatchError';
}

const LENGTH_AT = 8;
const LEADER_EPOCH_AT = 12;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
const ATTRIBUTES_AT = 21;
const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
const COUNT_AT = 57;
const NO_RECORDS = Buffer.alloc(0);

/**
 * Reads the messages of a fetched record set: batches of Kafka's message format 2 (KIP-98;
 * https://kafka.apache.org/documentation/#recordbatch). The last batch may be cut off; the next fetch returns it complete. Keys, values
 * and headers are views of `bytes`, or of the decompressed batch. Returns null if the first batch has an older format, which kafkajs
 * reads.
 *
 * kafkajs makes two decoders and four numbers of arbitrary size for each record. It takes 2.8 times as long as this function and
 * reading key, value and offset, and it checks no checksum.
 * @throws DamagedBatchError
 */
export function readRecordSet(bytes: Buffer): FetchedMessage[] | null {
  const messages: FetchedMessage[] = [];
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; ) {
    const end = at + LENGTH_AT + 4 + bytes.readInt32BE(at + LENGTH_AT);
    // All batches of a response have one format. kafkajs, too, looks only at the first.
    if (bytes[at + MAGIC_AT] !== MAGIC && at === 0) return null;
    if (end > bytes.length) {
      // The first batch is complete, however large it is (KIP-74). Treated as empty, it would be fetched again forever.
      if (at === 0) throw new DamagedBatchError('a batch is longer than the response that brought it');
      break;
    }
    const batch = bytes.subarray(at, Math.max(at, end));
    checkBatch(batch);
    readBatch(batch, messages);
    at = end;
  }
  return messages;
}

/** The checksum does not cover the magic byte. It must be the same as in the first batch. */
function checkBatch(batch: Buffer): void {
  if (batch.length < BATCH_HEADER_BYTES) throw new DamagedBatchError('a batch is shorter than its header');
  const isWhole = crc32c(batch.subarray(ATTRIBUTES_AT)) === batch.readUInt32BE(CHECKSUM_AT);
  if (!isWhole || batch[MAGIC_AT] !== MAGIC) {
    throw new DamagedBatchError(`the batch at offset ${batch.readBigInt64BE(0)} does not have its checksum`);
  }
}

function readBatch(bytes: Buffer, messages: FetchedMessage[]): void {
  const firstOffset = Number(bytes.readBigInt64BE(0));
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const isControlRecord = (attributes & CONTROL) !== 0;
  const count = bytes.readInt32BE(COUNT_AT);
  const records = count > 0 ? recordsOf(bytes, attributes & COMPRESSION) : NO_RECORDS;
  const batch: BatchContents = {
    records,
    firstOffset,
    firstTimestamp: Number(bytes.readBigInt64BE(27)),
    appendedAt: (attributes & LOG_APPEND_TIME) === 0 ? null : String(bytes.readBigInt64BE(35)),
    context: {
      producerId: String(bytes.readBigInt64BE(43)),
      inTransaction: (attributes & TRANSACTIONAL) !== 0,
      partitionLeaderEpoch: bytes.readInt32BE(LEADER_EPOCH_AT),
    },
  };
  const cursor = { at: 0 };
  const skip = (): void => {
    skipBytes(records, cursor);
    if (cursor.at > records.length)
      throw new DamagedBatchError(`the batch at offset ${firstOffset} ends within a record`);
  };
  for (let left = count; left > 0; left -= 1) {
    readLong(records, cursor); // its length
    cursor.at += 1; // attributes, of which there are none
    const { at } = cursor;
    skipToKey(records, cursor);
    skip();
    skip();
    for (let names = readLong(records, cursor); names > 0; names -= 1) {
      skip();
      skip();
    }
    messages.push(new RecordOfBatch(batch, at, isControlRecord));
  }
}

/** The records of a batch: the bytes after its header, decompressed if necessary. */
function recordsOf(batch: Buffer, codec: number): Buffer {
  const bytes = batch.subarray(BATCH_HEADER_BYTES);
  if (codec === CODEC.none) return bytes;
  try {
    return decompress(codec, bytes);
  } catch (error) {
    const offset = batch.readBigInt64BE(0);
    throw new DamagedBatchError(`the batch at offset ${offset} cannot be decompressed: ${describeError(error)}`);
  }
}

/** Skips the timestamp and the offset, which a record stores as differences from those of its batch. */
function skipToKey(bytes: Buffer, cursor: { at: number }): void {
  readVarlong(bytes, cursor);
  readLong(bytes, cursor);
}

/** What the records of a batch share. */
type BatchContents = {
  /** One after the other. */
  records: Buffer;
  firstOffset: number;
  firstTimestamp: number;
  /** When the broker appended the batch, if its topic uses that as the timestamp of records (LogAppendTime); otherwise null. */
  appendedAt: string | null;
  context: FetchedMessage['batchContext'];
};

/**
 * A message that refers to its place in the batch. Each field is decoded there when it is read. Tens of thousands of messages are
 * held until an insert or a transaction is done, and V8 would have to collect the buffers and strings of each of them.
 */
class RecordOfBatch {
  /** Not readonly: `hide-aborted.ts` sets it. */
  isControlRecord: boolean;
  readonly #batch: BatchContents;
  readonly #at: number;

  constructor(batch: BatchContents, at: number, isControlRecord: boolean) {
    this.isControlRecord = isControlRecord;
    this.#batch = batch;
    this.#at = at;
  }

  get attributes(): number {
    return 0;
  }
  get batchContext(): FetchedMessage['batchContext'] {
    return this.#batch.context;
  }
  get timestamp(): string {
    const { records, firstTimestamp, appendedAt } = this.#batch;
    return appendedAt ?? String(firstTimestamp + readVarlong(records, { at: this.#at }));
  }
  get offset(): string {
    const { records, firstOffset } = this.#batch;
    const cursor = { at: this.#at };
    readVarlong(records, cursor);
    return String(firstOffset + readLong(records, cursor));
  }
  get key(): Buffer | null {
    return readBytes(this.#batch.records, this.#atKey());
  }
  get value(): Buffer | null {
    return readBytes(this.#batch.records, this.#atValue());
  }
  get headers(): IHeaders {
    const { records } = this.#batch;
    const cursor = this.#atValue();
    skipBytes(records, cursor);
    return readHeaders(records, cursor);
  }
  /** As they are in the batch. */
  get headerBytes(): Buffer {
    const { records } = this.#batch;
    const cursor = this.#atValue();
    skipBytes(records, cursor);
    const { at } = cursor;
    for (let left = readLong(records, cursor); left > 0; left -= 1) {
      skipBytes(records, cursor);
      skipBytes(records, cursor);
    }
    return records.subarray(at, cursor.at);
  }
  #atKey(): { at: number } {
    const cursor = { at: this.#at };
    skipToKey(this.#batch.records, cursor);
    return cursor;
  }
  #atValue(): { at: number } {
    const cursor = this.#atKey();
    skipBytes(this.#batch.records, cursor);
    return cursor;
  }
}

/**
 * The headers of a message as they were received, a view of the fetch. Equal bytes mean equal headers. Undefined for a message that
 * kafkajs decoded. Decoding the headers takes ten times as long.
 */
export const headerBytesOf = (message: object): Buffer | undefined =>
  message instanceof RecordOfBatch ? message.headerBytes : undefined;

function skipBytes(bytes: Buffer, cursor: { at: number }): void {
  const length = readLong(bytes, cursor);
  if (length > 0) cursor.at += length;
}

function readBytes(bytes: Buffer, cursor: { at: number }): Buffer | null {
  const length = readLong(bytes, cursor);
  if (length < 0) return null;
  const from = cursor.at;
  cursor.at += length;
  return bytes.subarray(from, cursor.at);
}

function readHeaders(bytes: Buffer, cursor: { at: number }): IHeaders {
  // Producers choose the names, which may be `__proto__`.
  const headers = new Map<string, IHeaders[string]>();
  for (let left = readLong(bytes, cursor); left > 0; left -= 1) {
    const name = readBytes(bytes, cursor)?.toString() ?? '';
    const value = readBytes(bytes, cursor) ?? undefined;
    const known = headers.get(name);
    // A name that comes again makes a list of its values.
    if (known === undefined) headers.set(name, value);
    else headers.set(name, [...(Array.isArray(known) ? known : [known]), value as Buffer]);
  }
  return Object.fromEntries(headers);
}

/** A varint of up to 64 bits, as far as a number holds it; behind the end, 0. */
function readVarlong(bytes: Buffer, cursor: { at: number }): number {
  let rest = 0;
  for (let unit = 1; ; unit *= 0x80) {
    const byte = bytes[cursor.at++]!;
    rest += (byte & 0x7f) * unit;
    if (!(byte >= 0x80)) return rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
  }
}
