import { shortHash } from '../decide/event.ts';
import type { Alert } from './alert.ts';

/** An alert that one target has to get. */
export type WaitingAlert = {
  /** Of its entry on `alert-state`. */
  key: string;
  alert: Alert;
  /** What the alert is about, so that an erasure finds it; null for an alert of an earlier version, which did not write it down. */
  record: { corpKeyNo: string; id: string } | null;
  /** Ms since the epoch. */
  dueAt: number;
  isHeld: boolean;
};

/** What is sent to a target at once. */
export type AlertMessage = {
  /** Of target and alerts, so it is the same if the message is sent again. */
  id: string;
  isDigest: boolean;
  /** When it was put together; ms since the epoch. */
  at: number;
  /** Those of one company are in the order of its changes. */
  alerts: readonly Alert[];
};

/** More alerts than this that wait for a target become one digest. */
export const DIGEST_ABOVE = 10;
/** Of one digest. What is beyond it comes in the next one. */
export const MOST_IN_DIGEST = 1_000;

export type MessagePlan =
  | { kind: 'send'; alerts: readonly WaitingAlert[]; isDigest: boolean }
  /** Nothing is due before this time; null if nothing waits. */
  | { kind: 'wait'; until: number | null };

/**
 * Decides what a target gets next: the oldest alert that is due alone, or a digest of all that are due. A digest is due if one of
 * them was held, or if more than `DIGEST_ABOVE` wait, as after an outage. An alert that is not held is always due, because the clock that
 * wrote its time may have been ahead of this one.
 * @param waiting In the order in which they were decided.
 */
export function planMessage(waiting: readonly WaitingAlert[], now: number): MessagePlan {
  const due = waiting.filter(({ dueAt, isHeld }) => !isHeld || dueAt <= now);
  if (due.length === 0) {
    const until = waiting.reduce((first, { dueAt }) => Math.min(first, dueAt), Number.POSITIVE_INFINITY);
    return { kind: 'wait', until: waiting.length === 0 ? null : until };
  }
  const isDigest = due.length > DIGEST_ABOVE || due.some(({ isHeld }) => isHeld);
  return { kind: 'send', alerts: due.slice(0, isDigest ? MOST_IN_DIGEST : 1), isDigest };
}

export const messageId = (target: string, alerts: readonly Pick<Alert, 'id'>[]): string =>
  `msg_${shortHash([target, ...alerts.map(({ id }) => id)])}`;
