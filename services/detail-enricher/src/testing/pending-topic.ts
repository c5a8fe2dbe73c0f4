import { bytesOf } from 'qcc-core/avro/composed';
import type { FetchedMessage } from 'qcc-core/kafka/wire/fetched-records';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import type { PendingEntry } from '../enrich/decision.ts';
import { TransactionOutput } from '../enrich/transaction-output.ts';
import { bareCodec } from './bare-codec.ts';

/** The lane's partition of `pending-details`, as a broker has it. For tests. */
export type PendingTopic = {
  /** @returns the offset. */
  append(key: string, value: Buffer | null, headers?: AnyOutgoing['headers']): number;
  /** Writes an entry as a transaction does. @returns its offset */
  add(entry: PendingEntry): number;
  readPage(place: { offset: number }): Promise<FetchedMessage[]>;
  /** Offsets that pages were read from. */
  readonly pagesRead: readonly number[];
  /** Removes what a newer message with the same key has superseded, as the brokers do. */
  compact(): void;
  /** The next page cannot be read. */
  failNext(error: Error): void;
  /** Removes everything, as the brokers do when the topic is created again. */
  empty(): void;
};

export function createPendingTopic(pageMessages = 100): PendingTopic {
  const pagesRead: number[] = [];
  let messages: { offset: number; key: string; value: Buffer | null; headers: AnyOutgoing['headers'] }[] = [];
  let nextOffset = 1_000;
  let failure: Error | undefined;
  const append: PendingTopic['append'] = (key, value, headers) => {
    const offset = nextOffset++;
    messages.push({ offset, key, value, headers });
    return offset;
  };
  return {
    append,
    add(entry) {
      const [message] = new TransactionOutput({ codec: bareCodec, partition: 3 }).messagesOf({
        kind: 'deferred',
        entry,
      });
      return append(message!.key, bytesOf(message!.value), message!.headers);
    },
    async readPage({ offset }) {
      pagesRead.push(offset);
      const error = failure;
      failure = undefined;
      if (error) throw error;
      const from = messages.findIndex((message) => message.offset >= offset);
      return (from < 0 ? [] : messages.slice(from, from + pageMessages)).map((message) => ({
        offset: String(message.offset),
        key: Buffer.from(message.key),
        value: message.value,
        timestamp: '0',
        attributes: 0,
        // As a broker gives them back.
        headers: Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, text]) => [name, Buffer.from(String(text))]),
        ),
        isControlRecord: false,
        batchContext: { producerId: '0', inTransaction: true, partitionLeaderEpoch: 0 },
      }));
    },
    pagesRead,
    compact() {
      const newest = new Map(messages.map(({ key, offset }) => [key, offset]));
      messages = messages.filter(({ key, offset }) => newest.get(key) === offset);
    },
    failNext(error) {
      failure = error;
    },
    empty() {
      messages = [];
    },
  };
}
