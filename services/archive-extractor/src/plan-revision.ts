import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order, OrderState } from 'qcc-core/contract/domain';
import type { OrderProgress } from 'qcc-core/kafka/messages/order-state';

export type RevisionPlan = {
  revision: number;
  /** Positions below it are published already. */
  firstPosition: number;
};

/**
 * Whether an order is published whole from an archive that QCC vouches for, so that this message adds nothing: only a
 * deliberate replay reopens it. One that failed is tried again: what was wrong may have passed.
 */
export const isDone = (state: OrderProgress | undefined, order: Pick<Order, 'source'>): boolean =>
  state?.outcome === 'EXTRACTED' && !state.unconfirmed && order.source !== 'replay';

/** Whether an order is published whole, but from the archive of a callback's link: a signed fetch has to confirm it. */
export const isToBeConfirmed = (state: OrderProgress, order: Pick<Order, 'source'>): boolean =>
  state.outcome === 'EXTRACTED' && state.unconfirmed && order.source !== 'replay';

/** Whether records of the order stand on the topics. */
export const hasPublished = ({ revision, nextPosition }: OrderProgress): boolean => revision > 0 || nextPosition > 0;

/**
 * Which revision an extraction makes, and from where. One that was interrupted goes on after its last part if the plaintext
 * is the same (a rebuilt archive has another salt); another plaintext, or a replay of an order that was
 * whole, is a new revision. Where nothing was published yet there is nothing to tell apart.
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
 * What has to be remembered of an order that failed: parts that stand on the topics, and how often in a row an order that QCC
 * lists failed through its own fault. Null if there is neither, so that invented orders leave nothing behind, and for an
 * order that was whole, which stays so.
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

/** Whether a state says nothing that a missing one does not say. Earlier versions kept one for each invented order. */
export const isEmptyState = (state: OrderProgress): boolean =>
  state.outcome === 'FAILED' && !hasPublished(state) && state.failures === 0;
