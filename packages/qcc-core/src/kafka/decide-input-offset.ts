/** What is known about a partition of a service's input when a lane opens. */
export type InputPosition = {
  /** The entry on `input-offsets`. */
  recorded: bigint | undefined;
  /** Committed for the consumer group; -1 if there is none, -2 if a client asked for "the earliest". */
  committed: bigint;
  /** Whether anything else shows that the group still has its offsets: an entry, or an offset of another partition. */
  groupIsKnown: boolean;
  log: { start: bigint; end: bigint };
};

export type InputDecision =
  /** `unread` messages were deleted by retention before they were read. */
  | { kind: 'resume'; nextOffset: bigint; unread: bigint }
  /** Nothing tells where to go on. If the service has published from this partition before, reading again would double it. */
  | { kind: 'unknown'; firstOffset: bigint }
  /** The group's offset is not an offset: a client has reset it. */
  | { kind: 'reset' }
  /** Messages that were processed are no longer in the log, whose next messages would take their offsets. */
  | { kind: 'beyondEnd'; nextOffset: bigint };

/**
 * Decides where a service goes on in a partition. The recorded offset is exact, and does not expire. The group's offset is used
 * - if nothing is recorded: the first start after an upgrade from a version that only committed to the group;
 * - if it is greater: that version ran in between, or an operator skipped messages.
 *
 * Kafka deletes the offsets of a group that has been empty for `offsets.retention.minutes` (KIP-211), all of them at the same
 * time. So a partition without an offset in a group that has others was never read.
 */
export function decideInputOffset({ recorded, committed, groupIsKnown, log }: InputPosition): InputDecision {
  const known = recorded === undefined || committed > recorded ? committed : recorded;
  if (known < -1n) return { kind: 'reset' };
  if (known > log.end) return { kind: 'beyondEnd', nextOffset: known };
  if (known >= log.start) return { kind: 'resume', nextOffset: known, unread: 0n };
  if (known >= 0n) return { kind: 'resume', nextOffset: log.start, unread: log.start - known };
  if (log.start === log.end || groupIsKnown) return { kind: 'resume', nextOffset: log.start, unread: 0n };
  return { kind: 'unknown', firstOffset: log.start };
}
