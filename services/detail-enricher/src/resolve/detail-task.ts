import type { DetailEndpoint } from 'qcc-details/detail-endpoint';
import { detailNeed } from 'qcc-details/detail-need';
import type { SettledResult } from 'qcc-details/detail-result';
import { occurrenceKey, type PendingEntry } from '../enrich/decision.ts';
import { type Job, type Urgency, urgencyOf } from './lookup-queue.ts';

/** What is to be done with an entry next, as it was when it was written. */
export type Plan = {
  /** Milliseconds since the epoch; null if its pending version is published. */
  admittedAt: number | null;
  /** Milliseconds since the epoch; 0 if it is due. */
  nextAttemptAt: number;
  /** The result for a change for which QCC is not asked. Only an earlier release made an entry of it. */
  settled: SettledResult | null;
};

/** What attempts have told since this instance took charge of an entry. */
export type Progress = Pick<PendingEntry, 'attempts' | 'nextAttemptAt'> & {
  /** In a row. */
  unknownResponses: number;
  /** Why it is not settled. */
  reason: string | null;
};

/** Of most entries: their pending version is published, and they may be looked up when their turn comes. */
export const LOOK_UP: Plan = { admittedAt: null, nextAttemptAt: 0, settled: null };

/**
 * A change whose details are to be looked up. There may be hundreds of thousands, so a task holds only the offset of its entry
 * on `pending-details`. The rest is read when the task is due.
 */
export class DetailTask implements Job {
  readonly key: string;
  /** Of the newest message with this key, which compaction keeps. */
  offset: number;
  readonly urgency: Urgency;
  plan: Plan;
  progress: Progress | undefined = undefined;
  /** In whose charge it is. */
  resolver: { attempt(one: DetailTask): Promise<void> } | undefined = undefined;

  constructor(input: { key: string; offset: number; urgency: Urgency; plan: Plan }) {
    this.key = input.key;
    this.offset = input.offset;
    this.urgency = input.urgency;
    this.plan = input.plan;
  }
  async run(): Promise<void> {
    await this.resolver?.attempt(this);
  }
}

/**
 * @param offset Of the entry on `pending-details`.
 * @param key The entry's key, if the caller already has it as a flat string.
 */
export function toDetailTask(
  deps: { endpoints: readonly DetailEndpoint[]; now: () => number },
  { record, published, admittedAt, nextAttemptAt }: PendingEntry,
  offset: number,
  // A string that was joined from parts keeps all of them in memory.
  key = Buffer.from(occurrenceKey(record)).toString(),
): DetailTask {
  const need = detailNeed(deps.endpoints, record);
  const settled = need.kind === 'none' ? need.result : null;
  const isDue = nextAttemptAt <= deps.now();
  return new DetailTask({
    key,
    offset,
    urgency: urgencyOf(record),
    // One object for most of them.
    plan:
      published && isDue && !settled
        ? LOOK_UP
        : { admittedAt: published ? null : admittedAt, nextAttemptAt: isDue ? 0 : nextAttemptAt, settled },
  });
}
