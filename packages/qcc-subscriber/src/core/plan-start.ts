import type { StartFrom } from '../options.ts';

/** What is known when a group starts, by partition. */
export type StartFacts = {
  /** Of the group; null where it has committed nothing. */
  committed: ReadonlyMap<number, bigint | null>;
  /** What the topic holds; `to` is not included. */
  log: ReadonlyMap<number, { from: bigint; to: bigint }>;
  /** Of the sink's group, captured before ClickHouse is read. Only asked for with `history`. */
  sink: ReadonlyMap<number, bigint | null>;
};

export type StartPlan =
  /** The group goes on behind its offsets; partitions without one are read from their beginning. */
  | { kind: 'goOn' }
  /** The offsets are committed for the group, after the current state of these partitions was handled if there is a snapshot. */
  | { kind: 'begin'; snapshot: boolean; offsets: ReadonlyMap<number, bigint> };

/**
 * Decides where a group begins.
 *
 * With `history`, everything below the sink's offset is in ClickHouse, because the sink commits after a durable insert. So the
 * snapshot, which is read later, and the topic from that offset on leave no gap. If the sink has no offset, or one that the log
 * does not have, the partition is read from its beginning. A group whose offset is below the log's start has missed messages that
 * retention deleted; with `history` it begins again there.
 */
export function planStart(from: StartFrom, { committed, log, sink }: StartFacts): StartPlan {
  if (from === 'earliest') return { kind: 'goOn' };
  const missing = [...log].filter(([partition, range]) => {
    const offset = committed.get(partition) ?? null;
    return offset === null || (from === 'history' && offset < range.from);
  });
  if (missing.length === 0) return { kind: 'goOn' };
  const offsets = new Map(
    missing.map(([partition, { from: first, to }]) => {
      if (from === 'latest') return [partition, to];
      const stored = sink.get(partition) ?? first;
      return [partition, stored >= first && stored <= to ? stored : first];
    }),
  );
  return { kind: 'begin', snapshot: from === 'history', offsets };
}
