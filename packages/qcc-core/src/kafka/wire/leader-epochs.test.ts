import { describe, expect, test } from 'vitest';
import { addRuns, agreesUpTo, type EpochRun, epochBefore } from './leader-epochs.ts';

const run = (from: number, epoch: number | null): EpochRun => ({ from: BigInt(from), epoch });

test.each([
  { nextOffset: 10, epoch: null },
  { nextOffset: 11, epoch: 3 },
  { nextOffset: 20, epoch: 3 },
  { nextOffset: 21, epoch: 5 },
  { nextOffset: 99, epoch: 5 },
])('the last message below offset $nextOffset is of epoch $epoch', ({ nextOffset, epoch }) => {
  expect(epochBefore([run(10, 3), run(20, 5)], BigInt(nextOffset))).toBe(epoch);
});

test.each<[string, EpochRun[], EpochRun[], EpochRun[]]>([
  ['are kept if nothing comes', [run(0, 1)], [], [run(0, 1)]],
  ['are one run if the epoch is the same', [run(0, 1)], [run(5, 1)], [run(0, 1)]],
  ['are followed by those of another epoch', [run(0, 1)], [run(5, 2)], [run(0, 1), run(5, 2)]],
  ['give way to what is read again', [run(0, 1), run(5, 2), run(9, 3)], [run(5, 4)], [run(0, 1), run(5, 4)]],
  ['begin with the first that come', [], [run(5, 2), run(9, 3)], [run(5, 2), run(9, 3)]],
])('runs %s', (_name, before, later, after) => {
  expect(addRuns(before, later)).toEqual(after);
});

describe('a log that was read up to offset 10, the last message in epoch 3,', () => {
  test.each<[string, { leaderEpoch: number; endOffset: bigint }, bigint]>([
    ['is the same if the epoch goes on', { leaderEpoch: 3, endOffset: 40n }, 10n],
    ['is the same if the epoch ends there', { leaderEpoch: 3, endOffset: 10n }, 10n],
    // The leader answers with the start of its first epoch then (KIP-101).
    ['is the same if retention deleted the whole epoch', { leaderEpoch: 3, endOffset: 90n }, 10n],
    ['lost its end if the epoch ends before', { leaderEpoch: 3, endOffset: 7n }, 7n],
    ['lost the epoch if the leader knows an earlier one only', { leaderEpoch: 2, endOffset: 4n }, 4n],
    ['is another one if an earlier epoch goes on in its place', { leaderEpoch: 2, endOffset: 15n }, 9n],
    ['is another one if no such epoch is known', { leaderEpoch: -1, endOffset: -1n }, 0n],
  ])('%s', (_name, found, agrees) => {
    expect(agreesUpTo({ nextOffset: 10n, leaderEpoch: 3 }, found)).toBe(agrees);
  });
});
