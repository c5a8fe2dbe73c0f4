import type { QccFailure, QccOutcome } from './outcome.ts';
import { ABUSE_CODES } from './status.ts';
import { trippedUntil } from './tripped-until.ts';

/**
 * Whether one of QCC's endpoints may be asked. A code that needs a person or another day (stop, quota) trips it. The trip is in memory:
 * after a restart the endpoint is asked once more.
 */
export type CallBreaker = {
  /** Why no call may be made now; undefined if one may be made. */
  trippedBy(): QccFailure | undefined;
  /** Until when, in milliseconds since the epoch: `Infinity` if only `reset` ends it. Undefined if a call may be made. */
  trippedUntil(): number | undefined;
  /** Trips the breaker if the outcome of a call is `pause` or `stop`. */
  note(outcome: QccOutcome<unknown>): void;
  /** Allows calls again, because a person asked for that. */
  reset(): void;
};

/**
 * @param quotaOpensAt When QCC's daily limits open again, in minutes after Shanghai's midnight.
 * @param blocksUntilReset Whether an abuse code (106, 108) blocks all calls until a person resets the breaker. Otherwise the breaker
 * allows a call again after the pause of the other stop codes.
 */
export function createCallBreaker({
  quotaOpensAt,
  now,
  blocksUntilReset = false,
}: {
  quotaOpensAt: number;
  now: () => number;
  blocksUntilReset?: boolean;
}): CallBreaker {
  let trip: { until: number; failure: QccFailure } | undefined;
  const active = () => (trip && now() < trip.until ? trip : undefined);
  return {
    trippedBy: () => active()?.failure,
    trippedUntil: () => active()?.until,
    note(outcome) {
      if (outcome.kind !== 'pause' && outcome.kind !== 'stop') return;
      const isAbuse = outcome.code !== null && ABUSE_CODES.includes(outcome.code);
      const until = blocksUntilReset && isAbuse ? Infinity : trippedUntil(outcome.kind, { now: now(), quotaOpensAt });
      trip = { until, failure: outcome };
    },
    reset() {
      trip = undefined;
    },
  };
}
