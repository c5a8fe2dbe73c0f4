import { expect, it } from 'vitest';
import { toCoverageRow, toDetailSpendRow, toOrderEventRow } from './fact-rows.ts';

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

it('keeps a fact whole, with the orders it names', () => {
  const row = toCoverageRow(
    {
      account: 'main',
      kind: 'CHECKED',
      at: 1_773_630_300_123,
      day: 20_528,
      pushWindow: '09-11',
      windowStart: 1_773_622_800_000,
      windowEnd: 1_773_630_000_000,
      orders: [{ orderNo: 'DD1', createDate: null }],
      covered: true,
      closed: true,
      complete: false,
      pushWindows: [9, 11],
      gap: null,
      after: null,
      before: null,
      reason: null,
      result: null,
      decidedBy: null,
    },
    { topic: 'coverage', partition: 0, offset: '12', timestamp: '1773630300200' },
  );
  expect(row).toEqual({
    account: 'main',
    kind: 'CHECKED',
    at: 1_773_630_300_123,
    day: 20_528,
    push_window: '09-11',
    window_start: 1_773_622_800_000,
    window_end: 1_773_630_000_000,
    orders: [{ order_no: 'DD1', create_date: null }],
    covered: true,
    closed: true,
    complete: false,
    push_windows: [9, 11],
    gap: null,
    gap_after: null,
    gap_before: null,
    reason: null,
    result: null,
    decided_by: null,
    source_topic: 'coverage',
    source_partition: 0,
    source_offset: '12',
    source_time: 1_773_630_300_200,
  });
});

it('keeps the counts of a partition and day as they are', () => {
  const row = toDetailSpendRow(
    {
      account: 'main',
      day: 20_782,
      partition: 4,
      reserved: 7,
      calls: [{ endpoint: 'getExceptions', code: 'QCC_205', count: 6 }],
      updatedAt: 1_795_600_000_000,
    },
    { topic: 'detail-spend', partition: 4, offset: '12', timestamp: '1795600000001' },
  );
  expect(row).toEqual({
    account: 'main',
    day: 20_782,
    records_partition: 4,
    reserved: 7,
    calls: [{ endpoint: 'getExceptions', code: 'QCC_205', count: 6 }],
    updated_at: 1_795_600_000_000,
    source_topic: 'detail-spend',
    source_partition: 4,
    source_offset: '12',
    source_time: 1_795_600_000_001,
  });
});
