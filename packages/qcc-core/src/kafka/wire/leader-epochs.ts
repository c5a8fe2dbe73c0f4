/** Messages from `from` on, up to the next run, were appended by leaders of this epoch; null if that is not known. */
export type EpochRun = { from: bigint; epoch: number | null };

/** The leader epoch of the last message below an offset, as far as the runs tell; null if they do not. */
export const epochBefore = (runs: readonly EpochRun[], nextOffset: bigint): number | null =>
  runs.findLast(({ from }) => from < nextOffset)?.epoch ?? null;

/** Appends later runs. If both cover an offset, the later ones win. */
export function addRuns(runs: readonly EpochRun[], later: readonly EpochRun[]): EpochRun[] {
  const [first] = later;
  if (!first) return [...runs];
  const kept = runs.filter(({ from }) => from < first.from);
  return [...kept, ...(kept.at(-1)?.epoch === first.epoch ? later.slice(1) : later)];
}

/** How far a log was read: the offset after the last message, and that message's leader epoch. */
export type ReadPosition = { nextOffset: bigint; leaderEpoch: number };

/** Where a leader says that an epoch ends in its log: the epoch itself, or the last one before it that the log has. */
export type EpochEnd = { leaderEpoch: number; endOffset: bigint };

/**
 * The offset up to which the log is known to be the one that was read (KIP-320); `nextOffset` if nothing changed. From a lower result
 * on, messages were lost, and other messages may have their offsets. It compares only the last epoch, so it is an upper bound.
 */
export function agreesUpTo({ nextOffset, leaderEpoch }: ReadPosition, found: EpochEnd): bigint {
  if (found.leaderEpoch === leaderEpoch && found.endOffset >= nextOffset) return nextOffset;
  // The log has neither this epoch nor an earlier one, so nothing that was read is left.
  if (found.endOffset < 0n) return 0n;
  return found.endOffset < nextOffset ? found.endOffset : nextOffset - 1n;
}
