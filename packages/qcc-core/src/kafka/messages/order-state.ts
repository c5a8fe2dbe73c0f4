import type { OrderState } from '../../contract/domain.ts';

/** Key of an order on `order-state`; its partition is the one of `orders`, where `orderNo` alone is the key. */
export const orderStateKey = (account: string, orderNo: string): string => `${account}|${orderNo}`;

/** What decides over an order, in memory under its key. */
export type KeptOrderState = Omit<OrderState, 'orderNo' | 'updatedAt'>;

/**
 * Keeps the states of a million orders small. Almost all of them are extracted whole: what was published of such an order, and from which
 * text, decides nothing any more, so that they share their values. A state of any other order is kept as it is, also of one that is to be
 * confirmed: its text is compared then.
 */
export function createStateCompactor(): (state: OrderState) => KeptOrderState {
  const whole = new Map<string, KeptOrderState>();
  return (state) => {
    if (state.outcome !== 'EXTRACTED' || state.unconfirmed) return state;
    const { account, revision, outcome, unconfirmed, failures } = state;
    const name = `${account}|${revision}|${failures}`;
    const known = whole.get(name);
    if (known) return known;
    const kept = { account, revision, outcome, unconfirmed, failures, plaintextSha256: null, nextPosition: 0 };
    whole.set(name, kept);
    return kept;
  };
}
