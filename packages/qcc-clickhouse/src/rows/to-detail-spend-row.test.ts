import { expect, it } from 'vitest';
import { toDetailSpendRow } from './to-detail-spend-row.ts';

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
