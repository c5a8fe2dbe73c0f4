import type { TopicMessages } from 'kafkajs';
import { type TopicSpec, topicName } from '../../contract/topics.ts';
import { fastPaths } from '../kafkajs-2.2.4/fast-paths.ts';
import { collectRecords, type PlainRecords, plainTopic } from '../kafkajs-2.2.4/plain-topic.ts';
import { packedTopic } from '../kafkajs-2.2.4/produce-packed.ts';
import { type AnyOutgoing, partitionOf } from '../wire/outgoing.ts';
import { type PackedRecords, packRecords } from '../wire/record-batch.ts';
import { MessageTooLargeError } from './message-too-large-error.ts';

/** Messages that wait to be sent, encoded unless the fast paths are off. */
export type Outbox = {
  /** Of all records that it holds, as they are sent. */
  readonly byteLength: number;
  /**
   * Appends a message.
   * @throws MessageTooLargeError; the outbox is unchanged then.
   */
  add(message: AnyOutgoing): void;
};

/**
 * A batch with more than one message stays below this size, even if its topic takes more: producers and consumers hold
 * whole batches in memory.
 */
const MOST_SHARED_BYTES = 900_000;

/** How the records of a batch are held, and given to kafkajs. */
type Encoding<Records extends Pick<PackedRecords, 'add' | 'byteLength'>> = {
  open(): Records;
  toTopic(topic: string, batches: ReadonlyMap<number, Records>): TopicMessages;
};
const PACKED: Encoding<PackedRecords> = { open: packRecords, toTopic: packedTopic };
const PLAIN: Encoding<PlainRecords> = { open: collectRecords, toTopic: plainTopic };

/**
 * Encodes messages into requests as they come: no partition's batch exceeds `max.message.bytes` of its topic, its header
 * and the framing of the records included. Order within a partition is kept. A message that is larger than the limit of a
 * shared batch gets its own batch. A request is for `sendBatch` of a producer made with `SENDS_ONCE`.
 */
export class RequestOutbox implements Outbox {
  readonly #prefix: string;
  #byteLength = 0;
  /** Complete requests. `#filling` is the next one. */
  #full: TopicMessages[][] = [];
  #filling = new Map<TopicSpec, Map<number, Pick<PackedRecords, 'add' | 'byteLength'>>>();
  readonly #encoding: Encoding<Pick<PackedRecords, 'add' | 'byteLength'>>;

  /** @param prefix Of the topics' names in the cluster. */
  constructor(prefix: string) {
    this.#prefix = prefix;
    // Each gets back only what it opened.
    this.#encoding = fastPaths.on ? (PACKED as Encoding<never>) : (PLAIN as Encoding<never>);
  }
  get byteLength(): number {
    return this.#byteLength;
  }
  add(message: AnyOutgoing): void {
    const { topic, key, value, headers, partition = partitionOf(topic, key) } = message;
    const shared = this.#filling.get(topic)?.get(partition);
    const bytesBefore = shared?.byteLength ?? 0;
    if (shared?.add(key, value, headers, Math.min(topic.maxMessageBytes, MOST_SHARED_BYTES))) {
      this.#byteLength += shared.byteLength - bytesBefore;
      return;
    }
    const batch = this.#encoding.open();
    if (!batch.add(key, value, headers, topic.maxMessageBytes)) throw new MessageTooLargeError(message);
    if (shared) this.#close();
    const batches = this.#filling.get(topic);
    if (batches) batches.set(partition, batch);
    else this.#filling.set(topic, new Map([[partition, batch]]));
    this.#byteLength += batch.byteLength;
  }
  /** Yields requests with the messages that it holds, then with `more`, which are encoded as requests are taken. It is empty afterwards. */
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
    const { toTopic } = this.#encoding;
    this.#full.push([...this.#filling].map(([topic, batches]) => toTopic(topicName(this.#prefix, topic), batches)));
    this.#filling = new Map();
  }
}

/** Cuts messages into requests, each when it is asked for, under the rules of `RequestOutbox`. */
export const cutByBytes = (messages: Iterable<AnyOutgoing>, prefix: string): Generator<TopicMessages[]> =>
  new RequestOutbox(prefix).take(messages);
