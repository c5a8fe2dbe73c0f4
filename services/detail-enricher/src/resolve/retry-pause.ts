import { backoffMs } from 'qcc-core/base/backoff';

const FIRST_MS = 1_000;
/** Spreads what failed at once, as a share of the pause. */
const JITTER = 0.25;

/**
 * Milliseconds before the next attempt, after `attempts` (1 and more) of them: doubles from 1 s to `longestPauseMs`, plus
 * jitter.
 */
export const retryPauseMs = (
  attempts: number,
  { longestPauseMs, random }: { longestPauseMs: number; random: () => number },
): number => backoffMs({ first: FIRST_MS, most: longestPauseMs }, attempts - 1) * (1 + JITTER * random());
