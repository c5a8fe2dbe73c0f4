/**
 * Recorded instead of the topic's id if the brokers lost messages that the service had read. No topic has this id, so older versions,
 * which do not know the value, stop at the partition as well.
 */
export const TRUNCATED = 'truncated';

/** What is known about a partition of a service's input when a lane opens. */
export type InputPosition = {
  /** The entry on `input-offsets`. */
  recorded: bigint | undefined;
  /** The id of the topic that the entry is of, or `TRUNCATED`; null if that was not recorded. */
  recordedTopicId: string | null;
  /** The leader epoch of the last message before the entry's offset; null if that was not recorded. */
  recordedEpoch: number | null;
  /** What an instance found when it recorded `TRUNCATED`. */
  recordedReason: string | null;
  /** The id of the topic that is there now. */
  topicId: string;
  /** Committed for the consumer group; -1 if there is none, -2 if a client asked for "the earliest". */
  committed: bigint;
  log: { start: bigint; end: bigint };
  /**
   * Up to which offset the log is the one the entry was recorded for, by leader epoch. It may be beyond `log.end` for a moment, because
   * a new leader may report an older end. Undefined if the entry has no epoch.
   */
  agreesUpTo: bigint | undefined;
};

export type InputDecision =
  /** `unread` messages were deleted by retention before they were read. */
  | { kind: 'resume'; nextOffset: bigint; unread: bigint }
  /** No offset is known. If the service has published from this partition before, reading it again would publish twice. */
  | { kind: 'unknown'; firstOffset: bigint }
  /** Nothing is recorded, and a client has reset the group's offset to "the earliest". */
  | { kind: 'reset' }
  /** The recorded offset is of a topic that was deleted. In the one that is there now, it belongs to another message. */
  | { kind: 'recreated'; nextOffset: bigint }
  /** The log lost messages from `end` on that the service had read. Their offsets go to other messages. */
  | { kind: 'logTruncated'; nextOffset: bigint; end: bigint }
  /** An earlier instance recorded such a loss. The log may have grown since, so it no longer shows the loss. */
  | { kind: 'truncated'; nextOffset: bigint; reason: string };

/**
 * Decides where a service resumes in a partition. The recorded offset is exact, and does not expire. The group's offset is used
 * - if nothing is recorded: the first start after an upgrade from a version that only committed to the group;
 * - if it is greater: that version ran in between, or an operator skipped messages.
 *
 * The offsets of other partitions prove nothing about this one: this start may have recorded them a moment ago.
 */
export function decideInputOffset(position: InputPosition): InputDecision {
  const { recorded, recordedTopicId, topicId, committed, log } = position;
  const isOfGroup = recorded === undefined || committed > recorded;
  const known = isOfGroup ? committed : recorded;
  if (!isOfGroup && recordedTopicId === TRUNCATED) {
    return { kind: 'truncated', nextOffset: known, reason: position.recordedReason ?? '' };
  }
  // Of a partition that was empty, nothing was read: the new one is read from its beginning.
  if (!isOfGroup && known > 0n && recordedTopicId !== null && recordedTopicId !== topicId) {
    return { kind: 'recreated', nextOffset: known };
  }
  if (known < -1n) return { kind: 'reset' };
  const end = isOfGroup ? log.end : (position.agreesUpTo ?? log.end);
  if (known > end) return { kind: 'logTruncated', nextOffset: known, end };
  if (known >= log.start) return { kind: 'resume', nextOffset: known, unread: 0n };
  if (known >= 0n) return { kind: 'resume', nextOffset: log.start, unread: log.start - known };
  if (log.start === log.end) return { kind: 'resume', nextOffset: log.start, unread: 0n };
  return { kind: 'unknown', firstOffset: log.start };
}
