import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryPauseMs } from './retry-pause.ts';

test.each([
  [300_000, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]],
  [5_000, [1, 2, 4, 5, 5]],
])('the pause doubles from one second to the longest, %d ms', (longestPauseMs, expected) => {
  const pauses = expected.map((_, index) => retryPauseMs(index + 1, { longestPauseMs, random: () => 0 }) / 1_000);
  expect(pauses).toEqual(expected);
});

test('jitter adds at most a quarter, however many attempts there were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, share) => {
      const least = retryPauseMs(attempts, { longestPauseMs: 300_000, random: () => 0 });
      const pause = retryPauseMs(attempts, { longestPauseMs: 300_000, random: () => share });
      expect(pause).toBeGreaterThanOrEqual(least);
      expect(pause).toBeLessThanOrEqual(least * 1.25);
    }),
  );
});
