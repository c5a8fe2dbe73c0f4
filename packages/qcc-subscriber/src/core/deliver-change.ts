import { compareVersions } from 'qcc-core/contract/version';
import type { ChangeRecord } from '../generated/topics.ts';
import type { PortfolioMatch, Versions } from '../options.ts';
import type { VersionStore } from '../store/version-store.ts';
import type { Mismatch } from './match-filter.ts';

/**
 * `older` has been superseded or was handled before, `otherCompany` and `filtered` did not pass the filter, and
 * `erased` must not be kept by anybody.
 */
export type Outcome = 'handled' | 'older' | 'otherCompany' | 'filtered' | 'erased';

export type Verdict = { isNewest: boolean; portfolios: readonly PortfolioMatch[] };

export type DeliveryDeps = {
  store: VersionStore;
  versions: Versions;
  isErased(record: ChangeRecord, from: 'history' | 'topic'): boolean;
  mismatch(record: ChangeRecord): Mismatch;
  /** Null if portfolios are not filtered by. */
  portfoliosOf: ((record: ChangeRecord) => readonly PortfolioMatch[]) | null;
};

/**
 * Decides about one change and hands it over. Changes of one record must come one after another. Afterwards the store has the
 * greatest version so far, also of changes that did not pass the filter, so that an older version that passes and comes later
 * is not taken for the newest. If `handle` rejects, the store is unchanged.
 * @param change.version Null on a topic without versions.
 */
export async function deliverChange(
  { store, versions, isErased, mismatch, portfoliosOf }: DeliveryDeps,
  { record, version, from }: { record: ChangeRecord; version: Uint8Array | null; from: 'history' | 'topic' },
  handle: (verdict: Verdict) => Promise<void>,
): Promise<Outcome> {
  if (isErased(record, from)) return 'erased';
  const failed = mismatch(record);
  if (failed === 'company') return 'otherCompany';
  const { account, corpKeyNo, id } = record;
  const key = { account, corpKeyNo, id };
  const stored = version && (await store.get(key));
  const isNewest = version === null || !stored || compareVersions(version, stored) > 0;
  if (!isNewest && versions === 'newest') return 'older';
  const portfolios = portfoliosOf?.(record) ?? [];
  const passes = failed === null && (portfoliosOf === null || portfolios.length > 0);
  if (passes) await handle({ isNewest, portfolios });
  if (version && isNewest) await store.set(key, version);
  return passes ? 'handled' : 'filtered';
}
