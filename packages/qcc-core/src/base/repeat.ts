import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does the work at once, and again `pauseMs` after each time, until it is disposed. Then `signal` aborts, and disposing waits
 * for the work under way, so the work must end soon after. A failure goes to `onError`, but not after the abort.
 */
export function repeat(
  work: (signal: AbortSignal) => Promise<void>,
  { pauseMs, onError }: { pauseMs: number; onError: (error: unknown) => void },
): AsyncDisposable {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await work(signal).catch((error: unknown) => {
        if (!signal.aborted) onError(error);
      });
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}
