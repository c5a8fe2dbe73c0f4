import { expect, test } from 'vitest';
import { type FetchedPartition, hideAborted } from './hide-aborted.ts';

type FetchedMessage = FetchedPartition['messages'][number];

const message = (offset: number, producerId: string): FetchedMessage => ({
  offset: String(offset),
  key: Buffer.from('key'),
  isControlRecord: false,
  batchContext: { producerId, inTransaction: true },
});
const abortMarker = (offset: number, producerId: string): FetchedMessage => ({
  ...message(offset, producerId),
  key: Buffer.from([0, 0, 0, 0]),
  isControlRecord: true,
});
const aborted = (producerId: string, firstOffset: number) => ({ producerId, firstOffset: String(firstOffset) });

const shown = (messages: FetchedMessage[], abortedTransactions: ReturnType<typeof aborted>[]) => {
  hideAborted({ messages, abortedTransactions });
  return messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
};

test.each<[string, FetchedMessage[], ReturnType<typeof aborted>[], number[]]>([
  ['nothing aborted, nothing hidden', [message(1, 'A'), message(2, 'B')], [], [1, 2]],
  [
    'an aborted transaction is hidden to its marker, and the next of the same producer is not',
    [message(1, 'A'), abortMarker(2, 'A'), message(3, 'A')],
    [aborted('A', 1)],
    [3],
  ],
  [
    'overlapping aborted transactions, listed by their ends as brokers do',
    [message(1, 'B'), message(2, 'A'), abortMarker(3, 'A'), message(4, 'B'), abortMarker(5, 'B'), message(6, 'A')],
    [aborted('A', 2), aborted('B', 1)],
    [6],
  ],
  [
    'a fetch that begins in the middle of two of them',
    [message(7, 'A'), message(8, 'B'), abortMarker(9, 'B'), abortMarker(10, 'A'), message(11, 'C')],
    [aborted('B', 5), aborted('A', 6)],
    [11],
  ],
  [
    'a committed transaction beside an aborted one',
    [message(1, 'A'), message(2, 'C'), abortMarker(3, 'A'), message(4, 'C')],
    [aborted('A', 1)],
    [2, 4],
  ],
  [
    'two aborted transactions of one producer, one after the other',
    [message(1, 'A'), abortMarker(2, 'A'), message(3, 'A'), abortMarker(4, 'A'), message(5, 'A')],
    [aborted('A', 1), aborted('A', 3)],
    [5],
  ],
])('%s', (_name, messages, list, expected) => {
  expect(shown(messages, list)).toEqual(expected);
});
