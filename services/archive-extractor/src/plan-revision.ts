import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order, OrderState } from 'qcc-core/contract/domain';
import type { OrderProgress } from 'qcc-core/kafka/messages/order-state';

export type RevisionPlan = {
  revision: number;
  /** Positions below it are published already. */
  firstPosition: number;
};

/**
 * Whether an order is published whole and confirmed, so that this message changes nothing. Only a replay reopens it. A failed order is
 * tried again, because the cause may have passed.
 */
export const isDone = (state: OrderProgress | undefined, order: Pick<Order, 'source'>): boolean =>
  state?.outcome === 'EXTRACTED' && !state.unconfirmed && order.source !== 'replay';

/** Whether an order is published whole, but from the archive of a callback's link: a signed fetch has to confirm it. */
export const isToBeConfirmed = (state: OrderProgress, order: Pick<Order, 'source'>): boolean =>
  state.outcome === 'EXTRACTED' && state.unconfirmed && order.source !== 'replay';

/** Whether records of the order stand on the topics. */
export const hasPublished = ({ revision, nextPosition }: OrderProgress): boolean => revision > 0 || nextPosition > 0;

/**
 * Returns the revision that an extraction publishes, and its first position. An interrupted extraction resumes after its last part if the
 * plaintext is the same (the bytes of a rebuilt archive differ, because it has another salt). A different plaintext, or another extraction
 * of an order that was published whole, is a new revision. If the revision has no published part yet, its number stays the same.
 */
export function planRevision(state: OrderProgress | undefined, plaintextSha256: string): RevisionPlan {
  if (!state) return { revision: 0, firstPosition: 0 };
  const { outcome, revision, nextPosition } = state;
  if (outcome === 'EXTRACTED') return { revision: revision + 1, firstPosition: 0 };
  if (nextPosition === 0) return { revision, firstPosition: 0 };
  return state.plaintextSha256 === plaintextSha256
    ? { revision, firstPosition: nextPosition }
    : { revision: revision + 1, firstPosition: 0 };
}

/** What may have passed at the next try, whatever the order. */
const PASSING_REASONS: readonly DeadLetterReason[] = ['LINK_UNAVAILABLE', 'DOWNLOAD_FAILED'];

/**
 * Returns the state to keep for an order that failed: its published parts, and how often in a row it failed through its own fault after
 * reconcile had found it on QCC's list. Null if there is neither, so that invented orders leave nothing behind. Also null for an order that
 * was published whole, because its state does not change.
 */
export function failedState(
  state: OrderProgress | undefined,
  order: Pick<Order, 'account' | 'orderNo' | 'source'>,
  { reason, now }: { reason: DeadLetterReason; now: number },
): OrderState | null {
  if (state?.outcome === 'EXTRACTED') return null;
  const { account, orderNo } = order;
  const isOwnFault = order.source === 'reconcile' && !PASSING_REASONS.includes(reason);
  const failures = (state?.failures ?? 0) + (isOwnFault ? 1 : 0);
  const published = state ?? { revision: 0, plaintextSha256: null, nextPosition: 0, unconfirmed: false };
  const failed: OrderState = { ...published, account, orderNo, outcome: 'FAILED', updatedAt: now, failures };
  return hasPublished(failed) || failures > 0 ? failed : null;
}

/** Whether a state means the same as no state. Earlier versions kept such a state for each invented order. */
export const isEmptyState = (state: OrderProgress): boolean =>
  state.outcome === 'FAILED' && !hasPublished(state) && state.failures === 0;
