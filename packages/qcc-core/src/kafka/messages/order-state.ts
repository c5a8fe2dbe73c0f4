import { createDigestMap } from '../../base/digest-map.ts';
import type { OrderState } from '../../contract/domain.ts';
import type { TableStore } from '../exactly-once/table-partition.ts';

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
export type OrderStateStore = TableStore<OrderProgress> & {
  readonly size: number;
  /** The states that are kept whole: those of orders that are not extracted whole, and others above `MOST_KINDS`. */
  keptInFull(): Iterable<[string, OrderProgress]>;
};

/** Of combinations of account, revision and failures. Few occur; a digest map holds numbers up to 65,534. */
const MOST_KINDS = 1_000;

/**
 * Keeps the states of a million orders small in memory. Almost all of these orders are extracted whole. For them the published
 * positions and the text no longer matter, so these orders share one object, and only a digest of each key is kept. States of all
 * other orders stay as they are. This includes orders that are not confirmed yet, because their text is compared then.
 */
export function createOrderStateStore(): OrderStateStore {
  const whole = createDigestMap();
  const kinds: OrderProgress[] = [];
  const kindByName = new Map<string, number>();
  const others = new Map<string, OrderProgress>();

  /** Undefined for a state that is kept as it is. */
  const kindFor = ({ account, revision, outcome, unconfirmed, failures }: OrderProgress): number | undefined => {
    if (outcome !== 'EXTRACTED' || unconfirmed) return undefined;
    const name = `${account}|${revision}|${failures}`;
    const known = kindByName.get(name);
    if (known !== undefined || kinds.length === MOST_KINDS) return known;
    const kind = kinds.length;
    kinds.push({ account, revision, outcome, unconfirmed, failures, plaintextSha256: null, nextPosition: 0 });
    kindByName.set(name, kind);
    return kind;
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
    keptInFull: () => others.entries(),
  };
}
