import { createRequire } from 'node:module';
import type { TopicMessages } from 'kafkajs';
import { batchesOf } from '../kafka/kafkajs-2.2.4/produce-packed.ts';
import { BATCH_HEADER_BYTES } from '../kafka/wire/record-batch.ts';

const require = createRequire(import.meta.url);
const Decoder: new (bytes: Buffer) => object = require('kafkajs/src/protocol/decoder.js');
type SentMessage = { key: Buffer; value: Buffer | null };
const decodeBatch: (decoder: object) => Promise<{ records: SentMessage[] }> =
  require('kafkajs/src/protocol/recordBatch/v0/decoder.js');

/** The batches of one topic that a producer was given, encoded. */
export function sentBatches(topicMessages: TopicMessages): {
  topic: string;
  batches: { length: number; bytes: Buffer }[];
} {
  const producer = { producerId: 1n, producerEpoch: 0, firstSequence: 0, isTransactional: false, timestamp: 0 };
  const batches = [...(batchesOf(topicMessages)?.values() ?? [])].map((batch) => {
    const bytes = Buffer.alloc(BATCH_HEADER_BYTES + batch.byteLength);
    batch.writeBatch(bytes, 0, producer);
    return { length: batch.length, bytes };
  });
  return { topic: topicMessages.topic, batches };
}

/** The messages of one topic that a producer was given, partition by partition, decoded from the batches. */
export async function sentMessages(topicMessages: TopicMessages): Promise<SentMessage[]> {
  const sent: SentMessage[] = [];
  for (const { bytes } of sentBatches(topicMessages).batches)
    sent.push(...(await decodeBatch(new Decoder(bytes))).records);
  return sent;
}
