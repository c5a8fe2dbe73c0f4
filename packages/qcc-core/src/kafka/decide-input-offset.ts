/** What is known about a partition of a service's input when a lane opens. */
export type InputPosition = {
  /** The entry on `input-offsets`. */
  recorded: bigint | undefined;
  /** Committed for the consumer group; -1 if there is none, -2 if a client asked for "the earliest". */
  committed: bigint;
  log: { start: bigint; end: bigint };
};

export type InputDecision =
  /** `unread` messages were deleted by retention before they were read. */
  | { kind: 'resume'; nextOffset: bigint; unread: bigint }
  /** No offset is known. If the service has published from this partition before, reading it again would publish twice. */
  | { kind: 'unknown'; firstOffset: bigint }
  /** Nothing is recorded, and a client has reset the group's offset to "the earliest". */
  | { kind: 'reset' }
  /** The log ends below an offset that was reached already. It will give the offsets in between to other messages. */
  | { kind: 'beyondEnd'; nextOffset: bigint };

/**
 * Decides where a service goes on in a partition. The recorded offset is exact, and does not expire. The group's offset is used
 * - if nothing is recorded: the first start after an upgrade from a version that only committed to the group;
 * - if it is greater: that version ran in between, or an operator skipped messages.
 *
 * The offsets of other partitions prove nothing about this one: this start may have recorded them a moment ago.
 */
export function decideInputOffset({ recorded, committed, log }: InputPosition): InputDecision {
  const known = recorded === undefined || committed > recorded ? committed : recorded;
  if (known < -1n) return { kind: 'reset' };
  if (known > log.end) return { kind: 'beyondEnd', nextOffset: known };
  if (known >= log.start) return { kind: 'resume', nextOffset: known, unread: 0n };
  if (known >= 0n) return { kind: 'resume', nextOffset: log.start, unread: log.start - known };
  if (log.start === log.end) return { kind: 'resume', nextOffset: log.start, unread: 0n };
  return { kind: 'unknown', firstOffset: log.start };
}
