/**
 * Lets kafkajs 2.2.4 send batches that are encoded already. Its producer stays in charge of everything except the bytes:
 * transactions, sequence numbers and leaders. A request's header is written in front of its body instead of copied together
 * with it (`Encoder.writeEncoder`; encoders without room in front are left as they are). Importing this file is enough.
 */
import type { Message, TopicMessages } from 'kafkajs';
import { BATCH_HEADER_BYTES, type PackedRecords } from '../wire/record-batch.ts';
import { kafkaJsModule, requireShape } from './guard.ts';

/** The batches of one topic for `sendBatch`, by partition. */
export const packedTopic = (topic: string, batches: ReadonlyMap<number, PackedRecords>): TopicMessages => ({
  topic,
  messages: new PackedMessages(batches) as unknown as Message[],
});

/** The encoded batches of a topic, by partition; undefined if its messages are plain. */
export const batchesOf = ({ messages }: TopicMessages): ReadonlyMap<number, PackedRecords> | undefined =>
  (messages as unknown) instanceof PackedMessages ? (messages as unknown as PackedMessages).batches : undefined;

const timesEncoded = new WeakMap<PackedRecords, number>();

/** How often a batch was put into a request, in one attempt or several. */
export const timesEncodedOf = (batch: PackedRecords): number => timesEncoded.get(batch) ?? 0;

/** To be called whenever a batch is put into a request. */
export function noteEncoding(batch: PackedRecords): void {
  timesEncoded.set(batch, timesEncodedOf(batch) + 1);
}

/**
 * Stands in for the list of messages that kafkajs expects. kafkajs 2.2.4 looks for a message without value (`find`), then
 * groups the list by partition (`reduce`), and asks each group for its length until it is encoded. Every other use throws:
 * a kafkajs that walked through the list would find nothing, send nothing and report success.
 */
class PackedMessages {
  readonly batches: ReadonlyMap<number, PackedRecords>;
  constructor(batches: ReadonlyMap<number, PackedRecords>) {
    this.batches = batches;
  }
  find(): undefined {
    return undefined;
  }
  reduce(): Record<number, PackedRecords> {
    return Object.fromEntries(this.batches);
  }
  get length(): never {
    return refuseUse();
  }
  [Symbol.iterator](): never {
    return refuseUse();
  }
}

function refuseUse(): never {
  throw new TypeError('encoded batches cannot be read one message after another: kafkajs works differently than 2.2.4');
}

type PartitionData = { partition: number | string; messages: PackedRecords | Message[]; firstSequence?: number };
type ProduceInput = {
  topicData: { topic: string; partitions: PartitionData[] }[];
  transactionalId?: string | null;
  producerId?: { toString(): string };
  producerEpoch?: number;
  acks: number;
  timeout?: number;
};
type Protocol = { request: { encode(): Promise<unknown> } };
type Broker = {
  produce(this: Broker, input: ProduceInput): Promise<unknown>;
  lookupRequest(...args: unknown[]): (input: ProduceInput) => Protocol;
};
type Encoder = {
  buf: Buffer;
  offset: number;
  /** Unused bytes before `buf`, in the same memory. */
  room?: number;
  writeEncoder(other: Encoder): Encoder;
};

const { prototype } = kafkaJsModule<{ prototype: Broker }>('broker/index.js');
const Encoder = kafkaJsModule<{ new (bytes: number): Encoder; prototype: Encoder }>('protocol/encoder.js');
const { produce } = prototype;
requireShape('Broker.produce', produce, ['topicData', 'this.lookupRequest', 'transactionalId', 'producerEpoch']);
requireShape('groupMessagesPerPartition', kafkaJsModule('producer/groupMessagesPerPartition.js'), ['messages.reduce(']);

prototype.produce = function producePacked(input) {
  if (!isPacked(input)) return produce.call(this, input);
  const lookupRequest: Broker['lookupRequest'] = (...args) => {
    const makeProtocol = this.lookupRequest(...args);
    return (filled) => {
      const protocol = makeProtocol({ ...filled, topicData: [] });
      return { ...protocol, request: { ...protocol.request, encode: async () => encodeRequest(filled) } };
    };
  };
  return produce.call(Object.create(this, { lookupRequest: { value: lookupRequest } }), input);
};

const isPacked = ({ topicData }: ProduceInput): boolean =>
  topicData.some(({ partitions }) => partitions.some(({ messages }) => !Array.isArray(messages)));

const DEFAULT_TIMEOUT_MS = 30_000;
/** For a request's size and header: api_key, api_version, correlation_id and client_id, which may take more. */
const HEADER_ROOM_BYTES = 1_024;

/** The body of a Produce request, versions 3 to 7: `transactional_id acks timeout_ms [topic [partition records]]`. */
function encodeRequest({
  topicData,
  transactionalId,
  producerId,
  producerEpoch,
  acks,
  timeout,
}: ProduceInput): Encoder {
  const id = transactionalId ? Buffer.from(transactionalId) : null;
  const topics = topicData.map(({ topic, partitions }) => ({
    name: Buffer.from(topic),
    partitions: partitions as (PartitionData & { messages: PackedRecords })[],
  }));
  let size = 2 + (id?.length ?? 0) + 2 + 4 + 4;
  for (const { name, partitions } of topics) {
    size += 2 + name.length + 4;
    for (const { messages } of partitions) size += 4 + 4 + BATCH_HEADER_BYTES + messages.byteLength;
  }
  const bytes = Buffer.allocUnsafe(HEADER_ROOM_BYTES + size);
  let at = bytes.writeInt16BE(id ? id.length : -1, HEADER_ROOM_BYTES);
  if (id) at += id.copy(bytes, at);
  at = bytes.writeInt16BE(acks, at);
  at = bytes.writeInt32BE(timeout ?? DEFAULT_TIMEOUT_MS, at);
  at = bytes.writeInt32BE(topics.length, at);
  const producer = {
    producerId: BigInt(producerId?.toString() ?? -1),
    producerEpoch: producerEpoch ?? 0,
    isTransactional: Boolean(transactionalId),
    timestamp: Date.now(),
  };
  for (const { name, partitions } of topics) {
    at = bytes.writeInt16BE(name.length, at);
    at += name.copy(bytes, at);
    at = bytes.writeInt32BE(partitions.length, at);
    for (const { partition, messages, firstSequence = 0 } of partitions) {
      at = bytes.writeInt32BE(Number(partition), at);
      at = bytes.writeInt32BE(BATCH_HEADER_BYTES + messages.byteLength, at);
      noteEncoding(messages);
      at = messages.writeBatch(bytes, at, { ...producer, firstSequence });
    }
  }
  const encoder = new Encoder(1);
  encoder.buf = bytes.subarray(HEADER_ROOM_BYTES);
  encoder.offset = size;
  encoder.room = HEADER_ROOM_BYTES;
  return encoder;
}

const { writeEncoder } = Encoder.prototype;
requireShape('Encoder.writeEncoder', writeEncoder, ['value.buffer']);

/** kafkajs puts the header before the body, and the size before both, and copies all of it each time. */
Encoder.prototype.writeEncoder = function writeInFront(other) {
  const { buf, offset, room } = other;
  if (!room || this.offset > room) return writeEncoder.call(this, other);
  const whole = Buffer.from(buf.buffer, buf.byteOffset - this.offset, this.offset + offset);
  this.buf.copy(whole, 0, 0, this.offset);
  this.room = room - this.offset;
  this.buf = whole;
  this.offset = whole.length;
  return this;
};
