import type { OrderState } from '../../contract/domain.ts';

/** Key of an order on `order-state`; its partition is the one of `orders`, where `orderNo` alone is the key. */
export const orderStateKey = (account: string, orderNo: string): string => `${account}|${orderNo}`;

/** Whether the key is of an order of the account. */
export const isStateOf =
  (account: string) =>
  (key: string): boolean =>
    key.startsWith(`${account}|`);

/** The part of an order's state that decides how to process it. Services hold it in memory under the order's key. */
export type OrderProgress = Omit<OrderState, 'orderNo' | 'updatedAt'>;

/**
 * Makes the states of a million orders small in memory. Almost all of these orders are extracted whole. For them the published
 * positions and the text no longer matter, so they share one object. States of all other orders stay as they are. This includes
 * orders that are not confirmed yet, because their text is compared then.
 */
export function createStateCompactor(): (state: OrderState) => OrderProgress {
  const whole = new Map<string, OrderProgress>();
  return (state) => {
    if (state.outcome !== 'EXTRACTED' || state.unconfirmed) return state;
    const { account, revision, outcome, unconfirmed, failures } = state;
    const name = `${account}|${revision}|${failures}`;
    const known = whole.get(name);
    if (known) return known;
    const progress = { account, revision, outcome, unconfirmed, failures, plaintextSha256: null, nextPosition: 0 };
    whole.set(name, progress);
    return progress;
  };
}
