/** Holds the values of a partition: a `Map`, or a store that needs less memory. */
export type TableStore<Value> = {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
};

/** One partition of a table. */
export type TablePartition<Value, Store extends TableStore<Value>> = {
  /** The newest value of each key, as far as it has been read. Never older than what was shown before. */
  entries(): Store;
  /** To be called when the partition is read again from its beginning. */
  begin(): void;
  /** Behind the last message that is shown. */
  readonly nextOffset: bigint;
  /** Of the last message that is shown; null if it is not known. */
  readonly leaderEpoch: number | null;
  /** To be called when messages that were read are no longer in the log: the topic was created again, or the brokers lost them. */
  forget(): void;
  /**
   * To be called when the log is known to have ended at this offset: the brokers lost all messages that were read from there on.
   * The reading under way is shown once it has come as far.
   * @param leaderEpoch Of the last message before that offset; null if it is not known.
   */
  truncate(end: bigint, leaderEpoch: number | null): void;
  /** Takes a message; null is a tombstone. @returns whether it was read for the first time. */
  apply(offset: bigint, key: string, value: Value | null, leaderEpoch: number | null): boolean;
};

/**
 * When a partition is read again, the table shows the former values until the new reading has come as far. Then the new
 * reading replaces them. So no value goes back to an older one. Keys that were removed in between are gone, even if compaction
 * has removed their tombstones too. Offsets may have gaps.
 */
export function createTablePartition<Value, Store extends TableStore<Value>>(
  newStore: () => Store,
): TablePartition<Value, Store> {
  let shown = newStore();
  let reading = shown;
  let nextOffset = 0n;
  let leaderEpoch: number | null = null;
  return {
    entries: () => shown,
    get nextOffset() {
      return nextOffset;
    },
    get leaderEpoch() {
      return leaderEpoch;
    },
    begin() {
      reading = newStore();
    },
    forget() {
      reading = newStore();
      nextOffset = 0n;
      leaderEpoch = null;
    },
    truncate(end, epoch) {
      if (end >= nextOffset) return;
      nextOffset = end;
      leaderEpoch = epoch;
    },
    apply(offset, key, value, epoch) {
      const isNew = offset >= nextOffset;
      // A batch that failed is delivered again, and a part of it is shown already.
      if (!isNew && reading === shown) return false;
      if (value === null) reading.delete(key);
      else reading.set(key, value);
      if (offset + 1n >= nextOffset) {
        shown = reading;
        nextOffset = offset + 1n;
        leaderEpoch = epoch;
      }
      return isNew;
    },
  };
}
