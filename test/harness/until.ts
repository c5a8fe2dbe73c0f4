import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until the condition holds; one that throws does not.
 * @param everyMs between two looks; 200 unless said.
 * @throws Error that names it after the limit.
 */
export async function until(
  what: string,
  limitMs: number,
  holds: () => Promise<boolean>,
  everyMs = 200,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs / 1_000} s: ${what}`);
    await sleep(everyMs);
  }
}
