import { expect, it } from 'vitest';
import { toCoverageRow } from './to-coverage-row.ts';

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
