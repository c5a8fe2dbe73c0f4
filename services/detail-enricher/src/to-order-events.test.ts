import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import { toOrderEvents } from './to-order-events.ts';

test('each order and revision has one fact, its positions as ranges', () => {
  const at = (orderNo: string, revision: number, ...positions: number[]) =>
    positions.map((position) => changeRecord({ orderNo, revision, position }));
  const records = [...at('A', 0, 3, 1, 2), ...at('B', 0, 7), ...at('A', 1, 1), ...at('A', 0, 9)];
  expect(
    toOrderEvents({ stage: 'ENRICHED', at: 5, records }).map(({ orderNo, revision, stage, at, positions }) => [
      orderNo,
      revision,
      stage,
      at,
      positions.map(({ first, last }) => `${first}-${last}`).join(),
    ]),
  ).toEqual([
    ['A', 0, 'ENRICHED', 5, '1-3,9-9'],
    ['B', 0, 'ENRICHED', 5, '7-7'],
    ['A', 1, 'ENRICHED', 5, '1-1'],
  ]);
});

test('no records make no facts', () => {
  expect(toOrderEvents({ stage: 'DETAILS_PENDING', at: 5, records: [] })).toEqual([]);
});
