import { PUSH_DATE } from 'qcc-core/testing/change-record';
import { passThroughRecord } from 'qcc-details/testing/details';
import type { PendingEntry } from '../enrich/decision.ts';

export const pendingEntry = (given: Partial<PendingEntry> = {}): PendingEntry => ({
  record: passThroughRecord(),
  admittedAt: PUSH_DATE,
  published: false,
  attempts: 0,
  nextAttemptAt: PUSH_DATE,
  reason: null,
  ...given,
});
