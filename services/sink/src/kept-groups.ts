/**
 * What a generator gives in groups, to be gone through while it comes and again from the start: who stops half-way leaves
 * the rest to the next one. Where the generator failed, each of them ends with that failure.
 */
export class KeptGroups<Item> implements AsyncIterable<readonly Item[]> {
  readonly #source: AsyncGenerator<readonly Item[], void>;
  readonly #kept: (readonly Item[])[] = [];
  #isComplete = false;
  #failure: { error: unknown } | undefined;

  constructor(source: AsyncGenerator<readonly Item[], void>) {
    this.#source = source;
  }
  /** Whether somebody has come to the end. */
  get isComplete(): boolean {
    return this.#isComplete;
  }
  /** What the generator threw. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  async *[Symbol.asyncIterator]() {
    for (let at = 0; ; at += 1) {
      if (at === this.#kept.length) {
        const { done, value } = await this.#source.next().catch((error: unknown) => {
          this.#failure = { error };
          throw error;
        });
        if (this.#failure) throw this.#failure.error;
        if (!done) this.#kept.push(value);
      }
      // Another one may have been waiting, too, and have taken a group before the end.
      if (at === this.#kept.length) {
        this.#isComplete = true;
        return;
      }
      yield this.#kept[at]!;
    }
  }
}
