import { RefusalSearch } from 'qcc-core/kafka/client/refusal-search';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { SettledResult } from 'qcc-details/detail-result';

/**
 * State that outlives the detail resolvers of a partition while refusals break one lane after another: the search for the
 * occurrence at fault, and the details of the occurrences that were refused with it, so that QCC is not asked or paid again.
 * Occurrences are named by their keys on `pending-details`.
 */
export type RefusalProgress = {
  search: RefusalSearch<string>;
  settled: Map<string, { result: SettledResult; deadLetter?: Outgoing }>;
};

/** By partition, for as long as the process lives. */
export function createRefusalProgress(): (partition: number) => RefusalProgress {
  const all = new Map<number, RefusalProgress>();
  return (partition) => {
    const progress = all.get(partition) ?? { search: new RefusalSearch<string>(String), settled: new Map() };
    all.set(partition, progress);
    return progress;
  };
}
