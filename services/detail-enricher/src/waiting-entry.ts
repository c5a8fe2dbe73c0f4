import type { DetailEndpoint } from 'qcc-core/details/detail-endpoint';
import { detailNeed } from 'qcc-core/details/detail-need';
import type { SettledResult } from './detail-result.ts';
import type { PendingEntry } from './emission.ts';
import { occurrenceKey } from './occurrence-key.ts';
import { type Urgency, urgencyOf } from './urgency.ts';

/** What a settler has to know of an entry on `pending-details`; everything else is read when it is due. */
export type WaitingEntry = {
  key: string;
  /** Of the newest message with this key, which compaction keeps. */
  offset: number;
  urgency: Urgency;
  /** Milliseconds since the epoch; null if its pending version is published. */
  admittedAt: number | null;
  /** Milliseconds since the epoch; 0 if it is due. */
  nextAttemptAt: number;
  /** The result for a change for which QCC is not asked. Only an earlier release made an entry of it. */
  settled: SettledResult | null;
};

/** Short on purpose: hundreds of thousands may be read at the start. V8 holds small integers without a separate object. */
export function toWaitingEntry(
  deps: { endpoints: readonly DetailEndpoint[]; now: () => number },
  { record, published, admittedAt, nextAttemptAt }: PendingEntry,
  offset: number,
): WaitingEntry {
  const need = detailNeed(deps.endpoints, record);
  return {
    // A text that was joined of parts keeps them all.
    key: Buffer.from(occurrenceKey(record)).toString(),
    offset,
    urgency: urgencyOf(record),
    admittedAt: published ? null : admittedAt,
    nextAttemptAt: nextAttemptAt > deps.now() ? nextAttemptAt : 0,
    settled: need.kind === 'none' ? need.result : null,
  };
}
