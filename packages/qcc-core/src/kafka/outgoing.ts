import type { IHeaders, TopicMessages } from 'kafkajs';
import { murmur2 } from './murmur2.ts';
import { packedTopic } from './produce-packed.ts';
import { type Composed, type PackedRecords, packRecords } from './record-batch.ts';
import { type TopicSpec, topicName } from './topics.ts';

/** A message on its way out. Without `partition` its key decides, by murmur2 as Java's default partitioner. */
export type Outgoing<Value extends Buffer | Composed | null = Buffer | null> = {
  topic: TopicSpec;
  key: string;
  /** `null` is a tombstone. */
  value: Value;
  partition?: number;
  headers?: IHeaders;
};

/** One whose value is put together when it is sent, or not. */
export type AnyOutgoing = Outgoing<Buffer | Composed | null>;

/** kafkajs sends one batch per partition whatever its size; the brokers' default limit is 1 MiB. */
const MAX_BATCH_BYTES = 900_000;

const LONGEST_KEY_BYTES = 1_024;
const keyBytes = Buffer.allocUnsafe(LONGEST_KEY_BYTES);

/** The partition that a key belongs to. */
export function partitionOf(topic: TopicSpec, key: string): number {
  const hash = 3 * key.length <= LONGEST_KEY_BYTES ? murmur2(keyBytes, keyBytes.write(key)) : murmur2(Buffer.from(key));
  return (hash & 0x7fffffff) % topic.partitions;
}

/**
 * Cuts messages into requests in which no partition's batch exceeds what a broker takes. Order within a partition is
 * kept. A message that is larger alone travels alone. A request is for `sendBatch` of a producer of `connect.ts`.
 */
export function* cutByBytes(messages: Iterable<AnyOutgoing>, prefix: string): Generator<TopicMessages[]> {
  let request = new Map<TopicSpec, Map<number, PackedRecords>>();
  for (const { topic, key, value, headers, partition = partitionOf(topic, key) } of messages) {
    let batch = request.get(topic)?.get(partition);
    if (batch && batch.byteLength + key.length + (value?.byteLength ?? 0) > MAX_BATCH_BYTES) {
      yield toTopicMessages(request, prefix);
      request = new Map();
      batch = undefined;
    }
    if (!batch) {
      batch = packRecords();
      const batches = request.get(topic);
      if (batches) batches.set(partition, batch);
      else request.set(topic, new Map([[partition, batch]]));
    }
    batch.add(key, value, headers);
  }
  if (request.size > 0) yield toTopicMessages(request, prefix);
}

const toTopicMessages = (
  request: ReadonlyMap<TopicSpec, ReadonlyMap<number, PackedRecords>>,
  prefix: string,
): TopicMessages[] => [...request].map(([topic, batches]) => packedTopic(topicName(prefix, topic), batches));
