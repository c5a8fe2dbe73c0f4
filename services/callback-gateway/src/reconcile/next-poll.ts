import type { QccFailure } from 'qcc-core/qcc/outcome';
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

/**
 * When to compare again while the list is blocked, in milliseconds since the epoch: as soon as a daily limit ends, and not before the
 * pause after any other refusal is over. `next` is the regular time. If only a person can end the block (`opensAt` is infinite), the
 * regular time is kept, because such a pass reports the block and asks nothing of QCC.
 */
export function nextPollWhileBlocked(
  next: number,
  { kind, opensAt }: { kind: QccFailure['kind']; opensAt: number },
): number {
  if (!Number.isFinite(opensAt)) return next;
  return kind === 'pause' ? Math.min(next, opensAt) : Math.max(next, opensAt);
}
