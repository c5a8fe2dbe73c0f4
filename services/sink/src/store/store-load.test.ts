import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStoreLoad } from './store-load.ts';

// Fake timers do not replace those of this module.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, _value: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      setTimeout(resolve, ms);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const signal = new AbortController().signal;

function setUp() {
  const load = createStoreLoad({ quietMs: 500, mostMs: 5_000 });
  const begin = () => {
    const work = load.begin();
    return () => work[Symbol.dispose]();
  };
  /** Milliseconds until it resolves, while others run. */
  const quietAfter = async (): Promise<number> => {
    const began = performance.now();
    const done = load.untilQuiet(signal).then(() => performance.now() - began);
    await vi.advanceTimersByTimeAsync(6_000);
    return await done;
  };
  return { load, begin, quietAfter };
}

test('returns at once if nothing was stored', async () => {
  const { quietAfter } = setUp();
  expect(await quietAfter()).toBe(0);
});

test('waits until nothing has been stored for 500 ms', async () => {
  const { begin, quietAfter } = setUp();
  begin()();
  setTimeout(() => setTimeout(begin(), 200), 300);
  const waited = await quietAfter();
  expect(waited).toBeGreaterThanOrEqual(1_000);
  expect(waited).toBeLessThan(1_100);
});

test('ends after five seconds even if records are stored all the time', async () => {
  const { begin, quietAfter } = setUp();
  begin()();
  const again = setInterval(() => begin()(), 100);
  expect(await quietAfter()).toBe(5_000);
  clearInterval(again);
});

test('ends when its signal aborts', async () => {
  const { load, begin } = setUp();
  begin();
  const aborter = new AbortController();
  const waiting = expect(load.untilQuiet(aborter.signal)).rejects.toThrow();
  aborter.abort();
  await waiting;
});
