/** A clock that a test moves, and another one that only runs on, as `performance.now` does. Sleepers wake in the order of their times. */
export function createTestClock(start: number) {
  let now = start;
  let steppedMs = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const settle = async () => {
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => now + steppedMs,
    monotonicNow: () => now,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    /** Sets the clock, as a time server does: sleepers sleep on as long as before. */
    step(ms: number): void {
      steppedMs += ms;
    },
    /** Moves on to each time at which something wakes, up to `ms` from now. */
    async advance(ms: number): Promise<void> {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...sleepers].sort((a, b) => a.at - b.at);
        if (!next || next.at > end) break;
        sleepers.delete(next);
        now = Math.max(now, next.at);
        next.wake();
        await settle();
      }
      now = end;
    },
  };
}
