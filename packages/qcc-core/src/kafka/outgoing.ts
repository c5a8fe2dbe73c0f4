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
 * Puts messages into requests as they come, encoded: in none of them does a partition's batch exceed what a broker takes. Order
 * within a partition is kept. A message that is larger alone travels alone. A request is for `sendBatch` of a producer of
 * `connect.ts`.
 */
export class RequestCutter {
  readonly #prefix: string;
  #request = new Map<TopicSpec, Map<number, PackedRecords>>();

  /** @param prefix Of the topics' names in the cluster. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  /** Returns the request before it, where the message no longer fits in; null where it does. */
  add({ topic, key, value, headers, partition = partitionOf(topic, key) }: AnyOutgoing): TopicMessages[] | null {
    let full: TopicMessages[] | null = null;
    let batch = this.#request.get(topic)?.get(partition);
    if (batch && batch.byteLength + key.length + (value?.byteLength ?? 0) > MAX_BATCH_BYTES) {
      full = this.rest();
      batch = undefined;
    }
    if (!batch) {
      batch = packRecords();
      const batches = this.#request.get(topic);
      if (batches) batches.set(partition, batch);
      else this.#request.set(topic, new Map([[partition, batch]]));
    }
    batch.add(key, value, headers);
    return full;
  }
  /** The last request, with what no other had room for; null where there is nothing. */
  rest(): TopicMessages[] | null {
    if (this.#request.size === 0) return null;
    const rest = [...this.#request].map(([topic, batches]) => packedTopic(topicName(this.#prefix, topic), batches));
    this.#request = new Map();
    return rest;
  }
}

/** Cuts messages into requests while they are sent. */
export function* cutByBytes(messages: Iterable<AnyOutgoing>, prefix: string): Generator<TopicMessages[]> {
  const cutter = new RequestCutter(prefix);
  for (const message of messages) {
    const full = cutter.add(message);
    if (full) yield full;
  }
  const rest = cutter.rest();
  if (rest) yield rest;
}
