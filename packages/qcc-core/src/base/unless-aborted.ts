/**
 * Waits for a result until the signal aborts. An abort does not stop the work, and a later error of the work is ignored. Leaves no listener
 * on the signal.
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
