/**
 * Waits for a result, but no longer than until the signal aborts. What is waited for goes on then, and its failure is dropped. No
 * listener stays at the signal.
 * @throws the reason of the signal, at once if it has aborted already
 */
export async function unlessAborted<Result>(waiting: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  waiting.catch(() => {});
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted.promise, waiting]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
