import { windowsBetween } from '../coverage/push-windows.ts';

const DAY_MS = 86_400_000;

/**
 * When to compare again, in milliseconds since the epoch and never before `lastPollAt`: after the interval, or when the
 * grace after a push window has passed, whichever comes first. A window that ended while no one polled is due at once.
 */
export function nextPollAt(input: {
  lastPollAt: number;
  /** Shanghai hours at which push windows begin. */
  pushWindows: readonly number[];
  graceMs: number;
  intervalMs: number;
}): number {
  const { lastPollAt, pushWindows, graceMs, intervalMs } = input;
  const afterWindows = windowsBetween(pushWindows, lastPollAt - graceMs - 1, lastPollAt + DAY_MS)
    .map(({ end }) => end + graceMs)
    .filter((due) => due > lastPollAt);
  return Math.min(lastPollAt + intervalMs, ...afterWindows);
}
