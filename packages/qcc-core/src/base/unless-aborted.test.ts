import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

test('the result or the failure is passed on while the signal has not aborted', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(unlessAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
});

test('an abort ends the wait with its reason, before or during it', async () => {
  const stop = new AbortController();
  const never = Promise.withResolvers<never>();
  const waiting = unlessAborted(never.promise, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  await expect(unlessAborted(Promise.resolve(1), stop.signal)).rejects.toThrow('stopped');
  never.reject(new Error('a failure after that is nobody’s'));
});
