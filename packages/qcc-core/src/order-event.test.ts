import { expect, test } from 'vitest';
import type { OrderEvent } from './domain.ts';
import { Occurrences, orderEvents } from './order-event.ts';

/** Values stay visible in what is encoded. */
const codec = { encode: (_: string, value: unknown) => Buffer.from(JSON.stringify(value)) };
const read = ({ key, value }: { key: string; value: Buffer | null }) => {
  const { orderNo, revision, stage, at, positions }: OrderEvent = JSON.parse(String(value));
  expect(key).toBe(orderNo);
  return [orderNo, revision, stage, at, positions.map(({ first, last }) => `${first}-${last}`).join()];
};

test('each order and revision has one fact, its positions as ranges', () => {
  const of = (orderNo: string, revision: number, ...positions: number[]) =>
    positions.map((position) => ({ account: 'main', orderNo, revision, position }));
  const occurrences = new Occurrences();
  for (const each of [...of('A', 0, 3, 1, 2), ...of('B', 0, 7), ...of('A', 1, 1), ...of('A', 0, 9)])
    occurrences.add(each);
  expect(orderEvents(codec, { stage: 'ENRICHED', at: 5, occurrences }).map(read)).toEqual([
    ['A', 0, 'ENRICHED', 5, '1-3,9-9'],
    ['B', 0, 'ENRICHED', 5, '7-7'],
    ['A', 1, 'ENRICHED', 5, '1-1'],
  ]);
});

test('no occurrences make no facts', () => {
  expect(orderEvents(codec, { stage: 'DETAILS_PENDING', at: 5, occurrences: new Occurrences() })).toEqual([]);
});
