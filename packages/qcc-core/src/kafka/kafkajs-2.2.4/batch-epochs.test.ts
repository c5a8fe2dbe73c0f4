import type { Batch } from 'kafkajs';
import { expect, test } from 'vitest';
import { epochsOf } from './batch-epochs.ts';

const batchOf = (...epochs: (number | undefined)[]): Batch => {
  const rawMessages = epochs.map((partitionLeaderEpoch, at) => ({
    offset: String(10 + at),
    ...(partitionLeaderEpoch !== undefined && { batchContext: { partitionLeaderEpoch } }),
  }));
  return { rawMessages } as unknown as Batch;
};

test.each([
  ['an empty batch has no epochs', batchOf(), []],
  ['a batch of one leader has one run', batchOf(3, 3, 3), [{ from: 10n, epoch: 3 }]],
  [
    'each leader has its run',
    batchOf(3, 3, 4),
    [
      { from: 10n, epoch: 3 },
      { from: 12n, epoch: 4 },
    ],
  ],
  [
    'an epoch that brokers did not note is not known',
    batchOf(-1, 3),
    [
      { from: 10n, epoch: null },
      { from: 11n, epoch: 3 },
    ],
  ],
  ['a message of an old format has none', batchOf(undefined), [{ from: 10n, epoch: null }]],
])('%s', (_name, batch, runs) => {
  expect(epochsOf(batch)).toEqual(runs);
});
