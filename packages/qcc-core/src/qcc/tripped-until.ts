import { nextShanghaiTime } from '../base/shanghai-time.ts';

/** Codes that need a person (106 and 108 punish loops): no further call for this long. */
export const STOP_PAUSE_MS = 300_000;
/** QCC's clock and ours are not the same; asked too early, it would say no for another day. */
export const QUOTA_GRACE_MS = 5_000;

/**
 * Until when no call is to be made after a code that closes the account (section 7), in milliseconds since the epoch: after
 * a daily limit until `QUOTA_OPENS_AT` in Shanghai, after trouble that a person has to see to until one call may show
 * whether someone has.
 * @param quotaOpensAt minutes after Shanghai's midnight
 */
export function trippedUntil(
  kind: 'pause' | 'stop',
  { now, quotaOpensAt }: { now: number; quotaOpensAt: number },
): number {
  return kind === 'stop' ? now + STOP_PAUSE_MS : nextShanghaiTime(now, quotaOpensAt) + QUOTA_GRACE_MS;
}
