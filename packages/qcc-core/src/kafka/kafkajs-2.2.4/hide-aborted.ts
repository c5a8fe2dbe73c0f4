/** A fetched message as kafkajs decodes it. Messages of formats without transactions have no context. */
type FetchedMessage = {
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
 * A broker lists the aborted transactions of a partition in the order of their ends. kafkajs 2.2.4 assumes the order of their
 * beginnings, and looks at one entry per message. If two aborted transactions overlap (two services killed at about the same time),
 * it therefore delivers messages that were never committed. Java's client sorts the list first (KIP-98), and so does this function.
 *
 * It marks the messages of aborted transactions as control records. kafkajs hides those but counts their offsets, so it
 * continues after a batch that holds nothing else.
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
