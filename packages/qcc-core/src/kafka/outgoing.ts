import { type IHeaders, type Message, Partitioners, type PartitionMetadata, type TopicMessages } from 'kafkajs';
import { partitionName, type TopicSpec, topicName } from './topics.ts';

/** A message on its way out. Without `partition` its key decides, by murmur2 as Java's default partitioner. */
export type Outgoing = {
  topic: TopicSpec;
  key: string;
  /** `null` is a tombstone. */
  value: Buffer | null;
  partition?: number;
  headers?: IHeaders;
};

/** kafkajs sends one batch per partition whatever its size; the brokers' default limit is 1 MiB. */
const MAX_BATCH_BYTES = 900_000;
const MESSAGE_OVERHEAD_BYTES = 80;

const murmur2 = Partitioners.DefaultPartitioner();
const partitionsOf = new Map<number, PartitionMetadata[]>();

/** The partition that a key belongs to. */
export function partitionOf(topic: TopicSpec, key: string): number {
  const known = partitionsOf.get(topic.partitions);
  const partitionMetadata =
    known ??
    Array.from({ length: topic.partitions }, (_, partitionId): PartitionMetadata => {
      return { partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };
    });
  if (!known) partitionsOf.set(topic.partitions, partitionMetadata);
  return murmur2({ topic: topic.name, partitionMetadata, message: { key, value: null } });
}

/**
 * Cuts messages into requests in which no partition's batch exceeds what a broker takes. Order within a partition is
 * kept. A message that is larger alone travels alone.
 */
export function* cutByBytes(messages: Iterable<Outgoing>, prefix: string): Generator<TopicMessages[]> {
  let request = new Map<string, Message[]>();
  let bytes = new Map<string, number>();
  for (const outgoing of messages) {
    const topic = topicName(prefix, outgoing.topic);
    const partition = outgoing.partition ?? partitionOf(outgoing.topic, outgoing.key);
    const name = partitionName({ topic, partition });
    const size = (outgoing.value?.length ?? 0) + outgoing.key.length + MESSAGE_OVERHEAD_BYTES;
    const filled = bytes.get(name) ?? 0;
    if (filled > 0 && filled + size > MAX_BATCH_BYTES) {
      yield toTopicMessages(request);
      request = new Map();
      bytes = new Map();
    }
    bytes.set(name, (bytes.get(name) ?? 0) + size);
    const { key, value, headers } = outgoing;
    const message: Message = { key, value, partition, ...(headers && { headers }) };
    const list = request.get(topic);
    if (list) list.push(message);
    else request.set(topic, [message]);
  }
  if (request.size > 0) yield toTopicMessages(request);
}

const toTopicMessages = (request: Map<string, Message[]>): TopicMessages[] =>
  [...request].map(([topic, messages]) => ({ topic, messages }));
