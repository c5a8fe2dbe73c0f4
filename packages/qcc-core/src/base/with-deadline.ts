/** The work was not done in time. It may still be running, and may succeed later. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Waits for the work, but no longer than `timeoutMs` and not beyond the abort of `signal`; no timer outlives the call. The work's
 * own signal aborts when nobody waits for it any more.
 * @throws DeadlineError, the signal's reason, or what the work threw.
 */
export async function withDeadline<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { what, timeoutMs, signal }: { what: string; timeoutMs: number; signal?: AbortSignal },
): Promise<Result> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const ending = new AbortController();
  const end = (reason: unknown) => {
    ending.abort(reason);
    reject(reason);
  };
  const timer = setTimeout(() => end(new DeadlineError(`${what} took longer than ${timeoutMs} ms`)), timeoutMs);
  const abort = () => end(signal?.reason);
  // Even if the signal has aborted already, work that does not have to wait still completes.
  if (signal?.aborted) setImmediate(abort);
  else signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(ending.signal), over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
