import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import { repeat } from 'qcc-core/base/repeat';
import { pruneEvidence } from 'qcc-evidence/prune';
import type { EvidenceStore } from 'qcc-evidence/store';

const DAY_MS = 86_400_000;

/**
 * Deletes the account's kept originals that are older than the retention, at once and then daily, until disposed. Several instances may
 * do this at the same time. If the store is unavailable, a warning is logged, and the next attempt is a day later.
 */
export function pruneDaily(
  deps: { store: EvidenceStore; now: () => number; log: Pick<Log, 'info' | 'warn'> },
  { account, retentionDays }: { account: string; retentionDays: number },
): AsyncDisposable {
  const { store, now, log } = deps;
  const prune = async (signal: AbortSignal): Promise<void> => {
    const before = now() - retentionDays * DAY_MS;
    const pruned = await pruneEvidence(store, { account, before, dryRun: false, signal });
    if (pruned.objects > 0) log.info({ ...pruned, retentionDays }, 'evidence older than its retention is deleted');
  };
  return repeat(prune, {
    pauseMs: DAY_MS,
    onError: (error) =>
      log.warn(`old evidence could not be deleted, it is tried again tomorrow: ${describeError(error)}`),
  });
}
