import type { TopicMessages } from 'kafkajs';
import { packedTopic } from './kafkajs-2.2.4/produce-packed.ts';
import { type AnyOutgoing, partitionOf } from './outgoing.ts';
import { type PackedRecords, packRecords } from './record-batch.ts';
import { type TopicSpec, topicName } from './topics.ts';

/** Messages that wait to be sent, of which nothing is kept but their bytes. */
export type Outbox = {
  /** Of the keys and values that it holds. */
  readonly byteLength: number;
  /** Puts a message behind those before it; nothing of it is needed any more then. */
  add(message: AnyOutgoing): void;
};

/** kafkajs sends one batch per partition whatever its size; the brokers' default limit is 1 MiB. */
const MAX_BATCH_BYTES = 900_000;

/**
 * Encodes messages into requests as they come: in none of them does a partition's batch exceed what a broker takes. Order
 * within a partition is kept. A message that is larger alone travels alone. A request is for `sendBatch` of a producer of
 * `connect.ts`.
 */
export class PackedOutbox implements Outbox {
  readonly #prefix: string;
  #byteLength = 0;
  /** In which nothing more has room, and the one that is being filled. */
  #full: TopicMessages[][] = [];
  #filling = new Map<TopicSpec, Map<number, PackedRecords>>();

  /** @param prefix Of the topics' names in the cluster. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  get byteLength(): number {
    return this.#byteLength;
  }
  add({ topic, key, value, headers, partition = partitionOf(topic, key) }: AnyOutgoing): void {
    const byteLength = key.length + (value?.byteLength ?? 0);
    let batch = this.#filling.get(topic)?.get(partition);
    if (batch && batch.byteLength + byteLength > MAX_BATCH_BYTES) {
      this.#close();
      batch = undefined;
    }
    if (!batch) {
      batch = packRecords();
      const batches = this.#filling.get(topic);
      if (batches) batches.set(partition, batch);
      else this.#filling.set(topic, new Map([[partition, batch]]));
    }
    batch.add(key, value, headers);
    this.#byteLength += byteLength;
  }
  /** Gives away what it holds and, behind that, further messages, which are encoded while it is asked. It is empty then. */
  *take(more: Iterable<AnyOutgoing> = []): Generator<TopicMessages[]> {
    this.#byteLength = 0;
    yield* this.#takeFull();
    for (const message of more) {
      this.add(message);
      if (this.#full.length > 0) yield* this.#takeFull();
    }
    if (this.#filling.size > 0) this.#close();
    yield* this.#takeFull();
    this.#byteLength = 0;
  }
  *#takeFull(): Generator<TopicMessages[]> {
    for (let next = this.#full.shift(); next; next = this.#full.shift()) yield next;
  }
  #close(): void {
    this.#full.push([...this.#filling].map(([topic, batches]) => packedTopic(topicName(this.#prefix, topic), batches)));
    this.#filling = new Map();
  }
}

/** Cuts messages into requests, each when it is asked for; what holds for them says `PackedOutbox`. */
export const cutByBytes = (messages: Iterable<AnyOutgoing>, prefix: string): Generator<TopicMessages[]> =>
  new PackedOutbox(prefix).take(messages);
