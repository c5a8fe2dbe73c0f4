import pRetry from 'p-retry';
import type { QccFailure, QccOutcome } from './outcome.ts';

export type RetryOptions = {
  /** Attempts in all, the first included. */
  attempts: number;
  /** Pause before the second attempt, doubled each time after, with up to as much again at random. Default 200. */
  minDelayMs?: number;
  /** Default 5,000. */
  maxDelayMs?: number;
  /** Whether `later` (205) is repeated too: needed if ending would lose responses that came before. Default false. */
  alsoLater?: boolean;
  signal?: AbortSignal | undefined;
};

/** Carries a failure through p-retry, which knows exceptions only. */
class FailedAttempt extends Error {
  readonly failure: QccFailure;
  constructor(failure: QccFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Repeats a call while its outcome is `retry` or `unknown`, and with `alsoLater` also `later`. It repeats nothing else: `pause`, `stop`
 * and usually `later` last longer than any backoff, and QCC punishes loops (codes 106, 108).
 * @returns the last outcome, whatever it was.
 * @throws what the call throws, and the signal's reason.
 */
export async function withRetry<Value>(
  call: () => Promise<QccOutcome<Value>>,
  { attempts, minDelayMs = 200, maxDelayMs = 5_000, alsoLater = false, signal }: RetryOptions,
): Promise<QccOutcome<Value>> {
  const attempt = async () => {
    const outcome = await call();
    const { kind } = outcome;
    if (kind === 'retry' || kind === 'unknown' || (alsoLater && kind === 'later')) throw new FailedAttempt(outcome);
    return outcome;
  };
  try {
    return await pRetry(attempt, {
      retries: attempts - 1,
      minTimeout: minDelayMs,
      maxTimeout: maxDelayMs,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof FailedAttempt,
      signal,
    });
  } catch (error) {
    if (error instanceof FailedAttempt) return error.failure;
    throw error;
  }
}
