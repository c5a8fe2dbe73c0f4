/**
 * Messages in kafkajs's own form, for when the fast paths are off. It patches nothing. Batches are cut at the same
 * sizes as encoded ones.
 */
import type { Message, TopicMessages } from 'kafkajs';
import { bytesOf } from '../../avro/composed.ts';
import { BATCH_HEADER_BYTES, type PackedRecords, sizeOfMessage } from '../wire/record-batch.ts';

/** The records of one batch, before kafkajs encodes them. */
export type PlainRecords = Pick<PackedRecords, 'byteLength' | 'add'> & { readonly messages: readonly Message[] };

/** The most bytes that a record takes in addition to its size alone in a batch: the difference from the batch's first offset. */
const LONGEST_OFFSET_DELTA_BYTES = 4;

export function collectRecords(): PlainRecords {
  const messages: Message[] = [];
  let byteLength = 0;
  return {
    messages,
    get byteLength() {
      return byteLength;
    },
    add(key, value, headers, mostBytes = Number.POSITIVE_INFINITY) {
      const alone = sizeOfMessage({ key, value, ...(headers && { headers }) }) - BATCH_HEADER_BYTES;
      const recordBytes = messages.length === 0 ? alone : alone + LONGEST_OFFSET_DELTA_BYTES;
      if (BATCH_HEADER_BYTES + byteLength + recordBytes > mostBytes) return false;
      messages.push({ key, value: bytesOf(value), ...(headers && { headers }) });
      byteLength += recordBytes;
      return true;
    },
  };
}

/** The batches of one topic for `sendBatch`, by partition. */
export const plainTopic = (topic: string, batches: ReadonlyMap<number, PlainRecords>): TopicMessages => ({
  topic,
  messages: Array.from(batches, ([partition, { messages }]) =>
    messages.map((message) => ({ ...message, partition })),
  ).flat(),
});
