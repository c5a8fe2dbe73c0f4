import { expect, it } from 'vitest';
import { toOrderEventRow } from './to-order-event-row.ts';

it('keeps a fact whole, with its ranges of positions', () => {
  const row = toOrderEventRow(
    {
      account: 'main',
      orderNo: 'DD1',
      revision: 1,
      stage: 'PARSED',
      at: 1_615_884_598_123,
      positions: [{ first: 0, last: 4 }],
      source: 'replay',
      pushDate: null,
      declared: 5,
      archiveSha256: 'ab',
      unconfirmed: false,
      reason: null,
    },
    { topic: 'order-events', partition: 0, offset: '12', timestamp: '1615884600000' },
  );
  expect(row).toEqual({
    account: 'main',
    order_no: 'DD1',
    revision: 1,
    stage: 'PARSED',
    at: 1_615_884_598_123,
    positions: [{ first: 0, last: 4 }],
    source: 'replay',
    push_date: null,
    declared: 5,
    archive_sha256: 'ab',
    unconfirmed: false,
    reason: null,
    source_topic: 'order-events',
    source_partition: 0,
    source_offset: '12',
    source_time: 1_615_884_600_000,
  });
});
