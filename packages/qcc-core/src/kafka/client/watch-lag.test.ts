import { expect, test } from 'vitest';
import { sumLag } from './watch-lag.ts';

test.each([
  ['nothing of an empty topic', [{ from: 0n, to: 0n, committed: -1n }], 0],
  ['everything where nothing was committed', [{ from: 0n, to: 7n, committed: -1n }], 7],
  [
    'what comes after the committed offset, of all partitions',
    [
      { from: 0n, to: 7n, committed: 5n },
      { from: 0n, to: 3n, committed: 3n },
    ],
    2,
  ],
  ['only what the log still holds', [{ from: 40n, to: 50n, committed: 10n }], 10],
  ['nothing where the log was cut behind the committed offset', [{ from: 0n, to: 5n, committed: 9n }], 0],
] as const)('the lag counts %s', (_name, partitions, lag) => {
  expect(sumLag(partitions.map(({ committed, ...log }) => ({ log, committed })))).toBe(lag);
});
