/** One partition of a table. */
export type TablePartition<Value> = {
  /** The newest value of each key, as far as it has been read. Never older than what was shown before. */
  entries(): ReadonlyMap<string, Value>;
  /** To be called where the partition is read again from its beginning. */
  begin(): void;
  /** To be called before each batch, with the end of the partition when it was read. */
  endsAt(endOffset: bigint): void;
  /** Takes a message, null being a tombstone. @returns whether it was read for the first time. */
  apply(offset: bigint, key: string, value: Value | null): boolean;
};

/**
 * Keeps a reading that begins again apart from what is shown, until it has got as far as the one before; then it takes its
 * place. So nothing goes back to what it was, and what was removed meanwhile is gone, though compaction may have removed
 * the tombstone too. Offsets need not be without gaps.
 */
export function createTablePartition<Value>(): TablePartition<Value> {
  let shown = new Map<string, Value>();
  let reading = shown;
  /** Behind the last message that is shown. */
  let nextOffset = 0n;
  return {
    entries: () => shown,
    begin() {
      reading = new Map();
    },
    endsAt(endOffset) {
      if (endOffset >= nextOffset) return;
      // It was longer before: the topic was deleted and made anew.
      reading = new Map();
      nextOffset = 0n;
    },
    apply(offset, key, value) {
      const isNew = offset >= nextOffset;
      // A batch that was not done comes again, and a part of it is shown already.
      if (!isNew && reading === shown) return false;
      if (value === null) reading.delete(key);
      else reading.set(key, value);
      if (offset + 1n >= nextOffset) {
        shown = reading;
        nextOffset = offset + 1n;
      }
      return isNew;
    },
  };
}
