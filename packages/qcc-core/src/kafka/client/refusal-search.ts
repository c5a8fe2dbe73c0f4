import { type Refusal, refusalOf } from './refusal.ts';

/**
 * Finds which item Kafka refuses for good. A broker refuses a whole batch and does not say for which of its messages, and
 * the whole transaction fails. So each refused transaction halves the number of items for the next one, down to one item
 * alone, and each committed one doubles it again.
 *
 * A search outlives the lanes that break during it, but not the process: a restart searches again.
 */
export class RefusalSearch<Item> {
  readonly #nameOf: (item: Item) => string;
  readonly #refusals = new Map<string, Refusal[]>();
  #most = Number.POSITIVE_INFINITY;

  /** @param nameOf An item's name, the same each time the item comes. */
  constructor(nameOf: (item: Item) => string) {
    this.#nameOf = nameOf;
  }
  /** How many items the next transaction may hold. */
  get most(): number {
    return this.#most;
  }
  /** Whether a transaction was refused, so that more tries will follow. */
  get isOn(): boolean {
    return this.#most !== Number.POSITIVE_INFINITY;
  }
  /** The refusals of transactions that held this item alone, the oldest first. */
  refusalsOf(item: Item): readonly Refusal[] {
    return this.#refusals.size === 0 ? [] : (this.#refusals.get(this.#nameOf(item)) ?? []);
  }
  /**
   * A transaction with these items failed.
   * @returns whether Kafka refuses one of them for good. Then a smaller transaction may succeed.
   */
  failed(items: readonly Item[], error: unknown): boolean {
    const refusal = refusalOf(error);
    const [first] = items;
    if (refusal === null || first === undefined) return false;
    if (items.length > 1) {
      this.#most = items.length >> 1;
      return true;
    }
    const name = this.#nameOf(first);
    this.#most = 1;
    this.#refusals.set(name, [...(this.#refusals.get(name) ?? []), refusal]);
    return true;
  }
  /** A transaction with these items was committed. */
  committed(items: readonly Item[]): void {
    this.#most *= 2;
    if (this.#refusals.size > 0) for (const item of items) this.#refusals.delete(this.#nameOf(item));
  }
}

/** One search per name, such as a partition or an order. */
export class RefusalSearches<Item> {
  readonly #nameOf: (item: Item) => string;
  readonly #searches = new Map<string, RefusalSearch<Item>>();

  constructor(nameOf: (item: Item) => string) {
    this.#nameOf = nameOf;
  }
  of(name: string): RefusalSearch<Item> {
    const search = this.#searches.get(name) ?? new RefusalSearch(this.#nameOf);
    this.#searches.set(name, search);
    return search;
  }
  forget(name: string): void {
    this.#searches.delete(name);
  }
}
