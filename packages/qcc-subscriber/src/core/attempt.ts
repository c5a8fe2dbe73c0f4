import pRetry, { AbortError } from 'p-retry';
import { ClosingError } from '../errors.ts';
import type { RetryOptions } from '../options.ts';

/** All attempts failed. */
export type Exhausted = { error: unknown; attempts: number };

const RETRIES = 5;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Calls until a call resolves. A call that is running when the signal aborts counts if it resolves.
 * @param signal Prevents further calls, and ends a pause between two calls.
 * @returns null, or the last error if all attempts failed
 * @throws the signal's reason, or a ClosingError of the call
 */
export async function attempt(
  call: (attempt: number) => void | Promise<void>,
  {
    retry: { retries = RETRIES, firstPauseMs = FIRST_PAUSE_MS, longestPauseMs = LONGEST_PAUSE_MS },
    signal,
    onFailure,
  }: { retry: RetryOptions; signal: AbortSignal; onFailure(error: unknown): void },
): Promise<Exhausted | null> {
  let isDone = false;
  let ending: { error: unknown } | undefined;
  let failed: Exhausted = { error: undefined, attempts: 0 };
  // p-retry does not repeat a TypeError, so each failure goes through it as this error.
  const failure = new Error('the attempt failed');
  try {
    await pRetry(
      async (number) => {
        try {
          await call(number);
          isDone = true;
        } catch (error) {
          if (signal.aborted || error instanceof ClosingError) {
            ending = { error: signal.aborted ? signal.reason : error };
            throw new AbortError(failure);
          }
          failed = { error, attempts: number };
          onFailure(error);
          throw failure;
        }
      },
      { retries, minTimeout: firstPauseMs, maxTimeout: longestPauseMs, randomize: true, signal },
    );
    return null;
  } catch (error) {
    if (isDone) return null;
    if (ending) throw ending.error;
    if (error === failure) return failed;
    throw error;
  }
}
