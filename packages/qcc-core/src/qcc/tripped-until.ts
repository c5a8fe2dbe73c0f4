import { nextShanghaiTime } from '../base/shanghai-time.ts';

/** Codes that need a person (106 and 108 punish loops): no further call for this long. */
export const STOP_PAUSE_MS = 300_000;
/** Allowance for a difference of clocks: after a call that comes too early, calls would stop for another day. */
export const QUOTA_GRACE_MS = 5_000;

/**
 * Returns the time, in milliseconds since the epoch, until which no call is made after a code that blocks the account (section 7).
 * After a daily limit (`pause`), it is the next `QUOTA_OPENS_AT` in Shanghai. After a problem that a person has to solve (`stop`), it
 * is after a pause: then one call shows whether the problem is solved.
 * @param quotaOpensAt minutes after Shanghai's midnight
 */
export function trippedUntil(
  kind: 'pause' | 'stop',
  { now, quotaOpensAt }: { now: number; quotaOpensAt: number },
): number {
  return kind === 'stop' ? now + STOP_PAUSE_MS : nextShanghaiTime(now, quotaOpensAt) + QUOTA_GRACE_MS;
}
