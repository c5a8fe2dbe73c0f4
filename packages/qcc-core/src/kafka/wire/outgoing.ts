import type { IHeaders } from 'kafkajs';
import type { Composed } from '../../avro/composed.ts';
import type { TopicSpec } from '../../contract/topics.ts';
import { murmur2 } from './murmur2.ts';

/** A message on its way out. Without `partition` its key decides, by murmur2 as Java's default partitioner. */
export type Outgoing<Value extends Buffer | Composed | null = Buffer | null> = {
  topic: TopicSpec;
  key: string;
  /** `null` is a tombstone. */
  value: Value;
  partition?: number;
  headers?: IHeaders;
};

/** A message whose value is a buffer, or is encoded directly into the request that sends it. */
export type AnyOutgoing = Outgoing<Buffer | Composed | null>;

const LONGEST_KEY_BYTES = 1_024;
const keyBytes = Buffer.allocUnsafe(LONGEST_KEY_BYTES);

/** The partition that a key belongs to. */
export function partitionOf(topic: TopicSpec, key: string): number {
  const hash = 3 * key.length <= LONGEST_KEY_BYTES ? murmur2(keyBytes, keyBytes.write(key)) : murmur2(Buffer.from(key));
  return (hash & 0x7fffffff) % topic.partitions;
}
