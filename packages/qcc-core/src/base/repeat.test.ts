import { expect, test, vi } from 'vitest';
import { repeat } from './repeat.ts';

const nothing = (): void => {};

test('the work is done at once and again after each pause, also after a failure', async () => {
  const failures: unknown[] = [];
  let times = 0;
  const work = async (): Promise<void> => {
    times += 1;
    if (times === 2) throw new Error('the second time');
  };
  await using _ = repeat(work, { pauseMs: 1, onError: (error) => failures.push(error) });
  expect(times).toBe(1);
  await vi.waitFor(() => expect(times).toBeGreaterThan(2));
  expect(failures).toEqual([new Error('the second time')]);
});

test('disposing tells the work under way to end, waits for it, and begins no other', async () => {
  let begun = 0;
  let ended = 0;
  const repeating = repeat(
    async (signal) => {
      begun += 1;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => setImmediate(resolve)));
      ended += 1;
    },
    { pauseMs: 0, onError: nothing },
  );
  await repeating[Symbol.asyncDispose]();
  expect([begun, ended]).toEqual([1, 1]);
});

test('a failure that the abort causes is not reported', async () => {
  const told = vi.fn();
  const repeating = repeat(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    { pauseMs: 0, onError: told },
  );
  await repeating[Symbol.asyncDispose]();
  expect(told).not.toHaveBeenCalled();
});
