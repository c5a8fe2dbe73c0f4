import { closedUntil } from 'qcc-core/qcc/closed-until';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';

/** Whether one of QCC's endpoints may be asked. A code that needs a person or another day (stop, quota) closes it. */
export type CallGate = {
  /** Why no call may be made now; undefined if one may be made. */
  closedBy(): QccFailure | undefined;
  /** Takes note of what a call brought. */
  note(outcome: QccOutcome<unknown>): void;
  /** A person says that a call is worth it. */
  open(): void;
};

/** @param quotaOpensAt When QCC's daily limits open again, in minutes after Shanghai's midnight. */
export function createCallGate({ quotaOpensAt, now }: { quotaOpensAt: number; now: () => number }): CallGate {
  let closed: { until: number; failure: QccFailure } | undefined;
  return {
    closedBy: () => (closed && now() < closed.until ? closed.failure : undefined),
    note(outcome) {
      if (outcome.kind !== 'pause' && outcome.kind !== 'stop') return;
      closed = { until: closedUntil(outcome.kind, { now: now(), quotaOpensAt }), failure: outcome };
    },
    open() {
      closed = undefined;
    },
  };
}
