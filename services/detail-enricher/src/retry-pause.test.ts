import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryPauseMs } from './retry-pause.ts';

test('the pause doubles from one second to five minutes', () => {
  const pauses = Array.from({ length: 11 }, (_, index) => retryPauseMs(index + 1, () => 0) / 1_000);
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test('jitter adds at most a quarter, however many attempts there were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, share) => {
      const least = retryPauseMs(attempts, () => 0);
      const pause = retryPauseMs(attempts, () => share);
      expect(pause).toBeGreaterThanOrEqual(least);
      expect(pause).toBeLessThanOrEqual(least * 1.25);
    }),
  );
});
