/**
 * Corrects how kafkajs 2.2.4 reads with `read_committed` (`hide-aborted.ts`), and reads record sets in one pass
 * (`fetched-records.ts`, a fast path). kafkajs does everything else that a consumer does. Importing this file is enough; every
 * reader of this repository does, through `connect.ts` or `read-topic.ts`.
 */
import kafkajs from 'kafkajs';
import { partitionName } from '../../contract/topics.ts';
import { CODEC, decompress } from '../wire/decompress.ts';
import { DamagedBatchError, type FetchedMessage, readRecordSet } from '../wire/fetched-records.ts';
import { fastPaths } from './fast-paths.ts';
import { kafkaJsModule, replaceKafkaJsModule, requireShape } from './guard.ts';
import { type FetchedPartition, hideAborted } from './hide-aborted.ts';

type Decoder = {
  offset: number;
  canReadBytes(length: number): boolean;
  readInt32(): number;
  readBytes(length: number): Buffer;
};
type DecodeMessages = (decoder: Decoder) => Promise<readonly FetchedMessage[]>;
type FetchResponse = { responses: { partitions: FetchedPartition[] }[] };
type FetchRequest = { topics: { topic: string; partitions: { partition: number; fetchOffset: string }[] }[] };
type Broker = { prototype: { fetch(this: unknown, request: FetchRequest): Promise<FetchResponse> } };

/** Used by all versions of the response since Kafka 0.11, which are loaded with the first fetch. */
const DECODE_MESSAGES = 'protocol/requests/fetch/v4/decodeMessages.js';
const decodeMessages = kafkaJsModule<DecodeMessages>(DECODE_MESSAGES);
requireShape('decodeMessages', decodeMessages, ['decoder.readInt32()', 'decoder.canReadBytes(']);

const decodeFetched: DecodeMessages = async (decoder) => {
  if (!fastPaths.on) return await decodeMessages(decoder);
  const { offset } = decoder;
  const length = decoder.readInt32();
  if (length <= 0 || !decoder.canReadBytes(length)) return [];
  const messages = readRecordSet(decoder.readBytes(length));
  if (messages) return messages;
  decoder.offset = offset;
  return await decodeMessages(decoder);
};
replaceKafkaJsModule(DECODE_MESSAGES, decodeFetched);

const { prototype } = kafkaJsModule<Broker>('broker/index.js');
const { fetch } = prototype;
requireShape('Broker.fetch', fetch, ['isolationLevel', 'this.lookupRequest']);
prototype.fetch = async function fetchCommitted(request) {
  const response = await fetch.call(this, request).catch((error: unknown) => {
    if (!(error instanceof DamagedBatchError)) throw error;
    const asked = request.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => `${partitionName({ topic, partition })} from ${fetchOffset}`),
    );
    throw new DamagedBatchError(`${error.message}; one fetch asked for ${asked.join(', ')}`);
  });
  for (const { partitions } of response.responses) for (const partition of partitions) hideAborted(partition);
  return response;
};

// kafkajs lacks these codecs. It needs them for batches that it decodes itself: all of them without the fast paths. Its public
// interface takes them. Node finds only the first names of a CommonJS module; the bundler of the tests finds these too.
const { CompressionCodecs } = kafkajs;

for (const codec of [CODEC.snappy, CODEC.lz4, CODEC.zstd]) {
  CompressionCodecs[codec] = () => ({
    compress() {
      throw new TypeError('messages are sent uncompressed');
    },
    decompress: async (bytes: Buffer) => decompress(codec, bytes),
  });
}
