import { createRequire } from 'node:module';
import type { TopicMessages } from 'kafkajs';
import { BATCH_HEADER_BYTES, type PackedRecords } from '../kafka/record-batch.ts';

const require = createRequire(import.meta.url);
const Decoder: new (bytes: Buffer) => object = require('kafkajs/src/protocol/decoder.js');
type SentMessage = { key: Buffer; value: Buffer | null };
const decodeBatch: (decoder: object) => Promise<{ records: SentMessage[] }> =
  require('kafkajs/src/protocol/recordBatch/v0/decoder.js');

/** The messages of one topic that a producer was given, partition by partition, as whoever reads the batches decodes them. */
export async function sentMessages({ messages }: TopicMessages): Promise<SentMessage[]> {
  const producer = { producerId: 1n, producerEpoch: 0, firstSequence: 0, isTransactional: false, timestamp: 0 };
  const sent: SentMessage[] = [];
  const batches = messages.reduce((_, each) => each as never, {}) as Record<string, PackedRecords>;
  for (const batch of Object.values(batches)) {
    const bytes = Buffer.alloc(BATCH_HEADER_BYTES + batch.byteLength);
    batch.writeBatch(bytes, 0, producer);
    sent.push(...(await decodeBatch(new Decoder(bytes))).records);
  }
  return sent;
}
