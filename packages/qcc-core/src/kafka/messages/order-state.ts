import { createDigestMap } from '../../base/digest-map.ts';
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

/** The states of the orders of one partition, under their keys. */
export type OrderStateStore = {
  readonly size: number;
  get(key: string): OrderProgress | undefined;
  set(key: string, state: OrderProgress): void;
  delete(key: string): void;
  /** The states of all orders but those that are extracted whole. */
  unfinished(): Iterable<[string, OrderProgress]>;
};

const MOST_KINDS = 1_000;

/**
 * Keeps the states of a million orders small in memory. Almost all of these orders are extracted whole. For them the published
 * positions and the text no longer matter, so one object serves many orders, and of a key only its digest is kept. States of all
 * other orders stay as they are. This includes orders that are not confirmed yet, because their text is compared then.
 */
export function createOrderStateStore(): OrderStateStore {
  const whole = createDigestMap();
  const kinds: OrderProgress[] = [];
  const kindOf = new Map<string, number>();
  const others = new Map<string, OrderProgress>();

  /** Undefined for a state that is kept as it is. */
  const kindFor = ({ account, revision, outcome, unconfirmed, failures }: OrderProgress): number | undefined => {
    if (outcome !== 'EXTRACTED' || unconfirmed) return undefined;
    const name = `${account}|${revision}|${failures}`;
    const known = kindOf.get(name);
    if (known !== undefined || kinds.length === MOST_KINDS) return known;
    kindOf.set(name, kinds.length);
    return (
      kinds.push({ account, revision, outcome, unconfirmed, failures, plaintextSha256: null, nextPosition: 0 }) - 1
    );
  };

  return {
    get size() {
      return whole.size + others.size;
    },
    get(key) {
      const other = others.get(key);
      if (other) return other;
      const kind = whole.get(key);
      return kind === undefined ? undefined : kinds[kind];
    },
    set(key, state) {
      const kind = kindFor(state);
      if (kind === undefined) {
        whole.delete(key);
        others.set(key, state);
      } else {
        others.delete(key);
        whole.set(key, kind);
      }
    },
    delete(key) {
      whole.delete(key);
      others.delete(key);
    },
    unfinished: () => others.entries(),
  };
}
