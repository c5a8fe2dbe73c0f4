import type { Order, OrderState } from 'qcc-core/domain';

export type RevisionPlan = {
  revision: number;
  /** Positions below it are published already. */
  firstPosition: number;
};

/** Whether an order has come to its end before and this message adds nothing: only a deliberate replay reopens it. */
export const isDone = (state: OrderState | undefined, order: Pick<Order, 'source'>): boolean =>
  state !== undefined && state.outcome !== 'PUBLISHING' && order.source !== 'replay';

/**
 * Which revision an extraction makes, and from where. One that was interrupted goes on behind its last part if the text
 * is the same (of the plaintext: a rebuilt archive has another salt); another text, or a replay, is a new revision.
 */
export function planRevision(state: OrderState | undefined, plaintextSha256: string): RevisionPlan {
  if (!state) return { revision: 0, firstPosition: 0 };
  if (state.outcome === 'PUBLISHING' && state.plaintextSha256 === plaintextSha256) {
    return { revision: state.revision, firstPosition: state.nextPosition };
  }
  return { revision: state.revision + 1, firstPosition: 0 };
}
