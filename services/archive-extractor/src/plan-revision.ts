import type { Order, OrderState } from 'qcc-core/domain';
import type { KeptOrderState } from 'qcc-core/kafka/order-state';

export type RevisionPlan = {
  revision: number;
  /** Positions below it are published already. */
  firstPosition: number;
};

/**
 * Whether an order is published whole and this message adds nothing: only a deliberate replay reopens it. One that failed
 * is tried again whenever it comes again: what was wrong may have passed.
 */
export const isDone = (state: KeptOrderState | undefined, order: Pick<Order, 'source'>): boolean =>
  state?.outcome === 'EXTRACTED' && order.source !== 'replay';

/**
 * Which revision an extraction makes, and from where. One that was interrupted goes on behind its last part if the text
 * is the same (of the plaintext: a rebuilt archive has another salt); another text, or a replay of an order that was
 * whole, is a new revision. Where nothing was published yet there is nothing to tell apart.
 */
export function planRevision(state: KeptOrderState | undefined, plaintextSha256: string): RevisionPlan {
  if (!state) return { revision: 0, firstPosition: 0 };
  const { outcome, revision, nextPosition } = state;
  if (outcome === 'EXTRACTED') return { revision: revision + 1, firstPosition: 0 };
  if (nextPosition === 0) return { revision, firstPosition: 0 };
  return state.plaintextSha256 === plaintextSha256
    ? { revision, firstPosition: nextPosition }
    : { revision: revision + 1, firstPosition: 0 };
}

/**
 * The state of an order after an attempt that failed: parts that are on the topics are remembered. Null for an order that was whole,
 * which stays so.
 */
export function failedState(
  state: KeptOrderState | undefined,
  order: Pick<Order, 'account' | 'orderNo'>,
  now: number,
): OrderState | null {
  const { account, orderNo } = order;
  if (state?.outcome === 'EXTRACTED') return null;
  const published = state ?? { revision: 0, plaintextSha256: null, nextPosition: 0, unconfirmed: false };
  return { ...published, account, orderNo, outcome: 'FAILED', updatedAt: now };
}
