/**
 * What a generator gives in groups, to be gone through while it comes and again from the start: who stops half-way leaves
 * the rest to the next one. Where the generator failed, each of them ends with that failure.
 */
export function keepGroups<Item>(source: AsyncGenerator<readonly Item[], void>): AsyncIterable<readonly Item[]> {
  const kept: (readonly Item[])[] = [];
  let failure: { error: unknown } | undefined;
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at += 1) {
        if (at === kept.length) {
          const { done, value } = await source.next().catch((error: unknown) => {
            failure = { error };
            throw error;
          });
          if (failure) throw failure.error;
          if (!done) kept.push(value);
        }
        if (at === kept.length) return;
        yield kept[at]!;
      }
    },
  };
}
