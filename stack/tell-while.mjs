// In the syntax of Node 12, see places.mjs.

/** Often enough to see that something happens, and seldom enough for a log. */
const INTERVAL_MS = 5_000;

/**
 * Waits for work that says nothing itself, and tells every few seconds that it goes on.
 * @template Result
 * @param {Promise<Result>} work
 * @param {(elapsed: string) => unknown} tell called with the time since the beginning, such as `15 s`; a promise that it returns is
 * awaited before the next call, and its failure is ignored
 * @param {number} [intervalMs]
 * @returns {Promise<Result>} what the work returns
 */
export async function tellWhile(work, tell, intervalMs = INTERVAL_MS) {
  const began = Date.now();
  let isTelling = false;
  const timer = setInterval(async () => {
    if (isTelling) return;
    isTelling = true;
    try {
      await tell(`${Math.round((Date.now() - began) / 1_000)} s`);
    } catch (_) {
      // The work is what counts.
    } finally {
      isTelling = false;
    }
  }, intervalMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
