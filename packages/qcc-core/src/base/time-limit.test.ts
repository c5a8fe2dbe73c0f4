import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { startTimeLimit } from './time-limit.ts';

test('when the time is over the signal aborts, and says that it was the time', async () => {
  using limit = startTimeLimit(1);
  await once(limit.signal, 'abort');
  expect([limit.isOver, limit.signal.reason.name]).toEqual([true, 'TimeoutError']);
});

test('an abort of the outer signal ends the limit earlier, with its own reason', () => {
  const outer = new AbortController();
  using limit = startTimeLimit(60_000, outer.signal);
  outer.abort(new Error('the service ends'));
  expect([limit.isOver, limit.signal.reason.message]).toEqual([false, 'the service ends']);
  using late = startTimeLimit(60_000, outer.signal);
  expect(late.signal.reason.message).toBe('the service ends');
});

test('a limit that is started again lasts as long again', () => {
  vi.useFakeTimers();
  using limit = startTimeLimit(1_000);
  for (let round = 0; round < 3; round += 1) {
    vi.advanceTimersByTime(900);
    limit.restart();
  }
  vi.advanceTimersByTime(999);
  expect(limit.isOver).toBe(false);
  vi.advanceTimersByTime(1);
  expect(limit.isOver).toBe(true);
  vi.useRealTimers();
});

test('a limit that is disposed leaves neither a timer nor a listener', () => {
  vi.useFakeTimers();
  const outer = new AbortController();
  const removed = vi.spyOn(outer.signal, 'removeEventListener');
  startTimeLimit(60_000, outer.signal)[Symbol.dispose]();
  expect([vi.getTimerCount(), removed.mock.calls.length]).toEqual([0, 1]);
  vi.useRealTimers();
});
