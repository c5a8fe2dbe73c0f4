import { expect, test } from 'vitest';
import { DeadlineError, withDeadline } from './with-deadline.ts';

const never = () => new Promise<never>(() => {});

test('work that is done in time gives its result', async () => {
  await expect(withDeadline(async () => 7, { what: 'work', timeoutMs: 60_000 })).resolves.toBe(7);
});

test('work that fails gives its own error', async () => {
  const failing = withDeadline(async () => Promise.reject(new RangeError('own')), { what: 'work', timeoutMs: 60_000 });
  await expect(failing).rejects.toThrow(RangeError);
});

test('work that never settles ends with a deadline error that names it', async () => {
  await expect(withDeadline(never, { what: 'publishing order A', timeoutMs: 1 })).rejects.toThrow(
    new DeadlineError('publishing order A took longer than 1 ms'),
  );
});

test('an abort ends the wait at once, also where it came before', async () => {
  const signal = AbortSignal.abort();
  await expect(withDeadline(never, { what: 'work', timeoutMs: 60_000, signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test.each<[string, AbortSignal | undefined]>([
  ['the deadline is over', undefined],
  ['the wait is aborted', AbortSignal.abort()],
])('work that nobody waits for any more is told so when %s', async (_when, signal) => {
  let heard: AbortSignal | undefined;
  const work = (each: AbortSignal) => {
    heard = each;
    return never();
  };
  const waiting = withDeadline(work, { what: 'work', timeoutMs: 1, ...(signal && { signal }) });
  await expect(waiting).rejects.toThrow();
  expect(heard?.aborted).toBe(true);
});
