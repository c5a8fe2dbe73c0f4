/**
 * Mends how kafkajs 2.2.4 reads with `read_committed`.
 *
 * A broker lists a partition's aborted transactions by their ends; kafkajs takes the list as sorted by their beginnings and
 * looks at one entry per message. Where two aborted transactions overlap (two services killed at about the same time) it
 * therefore hands out messages that were never committed. Java's client sorts them first, as this does (KIP-98).
 *
 * Importing this file is enough; every reader of this repository does, through `connect.ts` or `read-topic.ts`.
 */
import { createRequire } from 'node:module';

export type FetchedMessage = {
  offset: string;
  key: Buffer | null;
  isControlRecord: boolean;
  batchContext?: { producerId: string; inTransaction: boolean };
};
export type FetchedPartition = {
  messages: FetchedMessage[];
  abortedTransactions?: { producerId: string; firstOffset: string }[] | null;
};

/** Key of the control record that ends an aborted transaction: version 0, type 0. */
const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

/**
 * Marks the messages of aborted transactions as control records: kafkajs hides those, and still counts their offsets, so
 * that it moves on behind a batch which holds nothing else.
 */
export function hideAborted(partition: FetchedPartition): void {
  const waiting = (partition.abortedTransactions ?? []).toSorted((a, b) =>
    Number(BigInt(a.firstOffset) - BigInt(b.firstOffset)),
  );
  if (waiting.length === 0) return;
  const aborted = new Set<string>();
  for (const message of partition.messages) {
    while (waiting[0] && BigInt(waiting[0].firstOffset) <= BigInt(message.offset)) {
      aborted.add(String(waiting.shift()?.producerId));
    }
    const producerId = String(message.batchContext?.producerId);
    if (message.isControlRecord) {
      if (message.key && ABORT_MARKER.equals(message.key)) aborted.delete(producerId);
    } else if (message.batchContext?.inTransaction && aborted.has(producerId)) {
      message.isControlRecord = true;
    }
  }
  partition.abortedTransactions = [];
}

type FetchResponse = { responses: { partitions: FetchedPartition[] }[] };
type Broker = { prototype: { fetch(this: unknown, request: unknown): Promise<FetchResponse> } };

const { prototype }: Broker = createRequire(import.meta.url)('kafkajs/src/broker/index.js');
const { fetch } = prototype;
prototype.fetch = async function fetchCommitted(request) {
  const response = await fetch.call(this, request);
  for (const { partitions } of response.responses) for (const partition of partitions) hideAborted(partition);
  return response;
};
