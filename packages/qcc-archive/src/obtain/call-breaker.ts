import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { trippedUntil } from 'qcc-core/qcc/tripped-until';

/** Whether one of QCC's endpoints may be asked. A code that needs a person or another day (stop, quota) trips it. */
export type CallBreaker = {
  /** Why no call may be made now; undefined if one may be made. */
  trippedBy(): QccFailure | undefined;
  /** Takes note of what a call brought. */
  note(outcome: QccOutcome<unknown>): void;
  /** A person says that a call is worth it. */
  reset(): void;
};

/** @param quotaOpensAt When QCC's daily limits open again, in minutes after Shanghai's midnight. */
export function createCallBreaker({ quotaOpensAt, now }: { quotaOpensAt: number; now: () => number }): CallBreaker {
  let trip: { until: number; failure: QccFailure } | undefined;
  return {
    trippedBy: () => (trip && now() < trip.until ? trip.failure : undefined),
    note(outcome) {
      if (outcome.kind !== 'pause' && outcome.kind !== 'stop') return;
      trip = { until: trippedUntil(outcome.kind, { now: now(), quotaOpensAt }), failure: outcome };
    },
    reset() {
      trip = undefined;
    },
  };
}
