/**
 * Mends how kafkajs 2.2.4 reads with `read_committed` (`hide-aborted.ts`), and has it read record sets in one pass
 * (`fetched-records.ts`). It stays in charge of everything else that a consumer does. Importing this file is enough; every
 * reader of this repository does, through `connect.ts` or `read-topic.ts`.
 */
import { createRequire } from 'node:module';
import { DamagedBatchError, type FetchedMessage, readRecordSet } from './fetched-records.ts';
import { type FetchedPartition, hideAborted } from './hide-aborted.ts';
import { partitionName } from './topics.ts';

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

const require = createRequire(import.meta.url);
/** Of all versions of the answer since that of Kafka 0.11, which are loaded with the first fetch. */
const DECODE_MESSAGES = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js';
const decodeMessages: DecodeMessages = require(DECODE_MESSAGES);

const decodeFetched: DecodeMessages = async (decoder) => {
  const { offset } = decoder;
  const length = decoder.readInt32();
  if (length <= 0 || !decoder.canReadBytes(length)) return [];
  const messages = readRecordSet(decoder.readBytes(length));
  if (messages) return messages;
  decoder.offset = offset;
  return await decodeMessages(decoder);
};
require.cache[require.resolve(DECODE_MESSAGES)]!.exports = decodeFetched;

const { prototype }: Broker = require('kafkajs/src/broker/index.js');
const { fetch } = prototype;
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
