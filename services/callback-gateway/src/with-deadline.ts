import { setTimeout as sleep } from 'node:timers/promises';

/** The work was not done in time. It goes on by itself: whether it succeeds later is unknown. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Waits for the work, but no longer than `timeoutMs` and not beyond the abort of `signal`; no timer outlives the call.
 * @throws DeadlineError, the signal's AbortError, or what the work threw.
 */
export async function withDeadline<Result>(
  work: () => Promise<Result>,
  { what, timeoutMs, signal }: { what: string; timeoutMs: number; signal?: AbortSignal },
): Promise<Result> {
  const finished = new AbortController();
  const deadline = async (): Promise<never> => {
    await sleep(timeoutMs, undefined, {
      signal: signal ? AbortSignal.any([signal, finished.signal]) : finished.signal,
    });
    throw new DeadlineError(`${what} took longer than ${timeoutMs} ms`);
  };
  try {
    return await Promise.race([work(), deadline()]);
  } finally {
    finished.abort();
  }
}
