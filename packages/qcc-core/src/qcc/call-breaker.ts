import type { QccFailure, QccOutcome } from './outcome.ts';
import { PUNISHED_CODES } from './status.ts';
import { trippedUntil } from './tripped-until.ts';

/** Whether one of QCC's endpoints may be asked. A code that needs a person or another day (stop, quota) trips it. */
export type CallBreaker = {
  /** Why no call may be made now; undefined if one may be made. */
  trippedBy(): QccFailure | undefined;
  /** Until when, in milliseconds since the epoch: `Infinity` if only `reset` ends it. Undefined if a call may be made. */
  trippedUntil(): number | undefined;
  /** Takes note of what a call brought. */
  note(outcome: QccOutcome<unknown>): void;
  /** A person says that a call is worth it. */
  reset(): void;
};

/**
 * @param quotaOpensAt When QCC's daily limits open again, in minutes after Shanghai's midnight.
 * @param obeyPunishment Whether a code that punishes loops trips it until a person resets it.
 */
export function createCallBreaker({
  quotaOpensAt,
  now,
  obeyPunishment = false,
}: {
  quotaOpensAt: number;
  now: () => number;
  obeyPunishment?: boolean;
}): CallBreaker {
  let trip: { until: number; failure: QccFailure } | undefined;
  const active = () => (trip && now() < trip.until ? trip : undefined);
  return {
    trippedBy: () => active()?.failure,
    trippedUntil: () => active()?.until,
    note(outcome) {
      if (outcome.kind !== 'pause' && outcome.kind !== 'stop') return;
      const isPunishment = obeyPunishment && outcome.code !== null && PUNISHED_CODES.includes(outcome.code);
      const until = isPunishment ? Infinity : trippedUntil(outcome.kind, { now: now(), quotaOpensAt });
      trip = { until, failure: outcome };
    },
    reset() {
      trip = undefined;
    },
  };
}
