import type { ChangeRecord } from '../generated/topics.ts';
import type { ChangeFilter } from '../options.ts';

/** Which part of a filter a record fails; null if it passes all but the portfolios, which change over time. */
export type Mismatch = 'company' | 'kind' | null;

/**
 * Makes the function that says whether a record passes. `company` means that no version of the record can pass, because account
 * and company of an id never change. `kind` means that another version may.
 */
export function createFilter(filter: ChangeFilter): (record: ChangeRecord) => Mismatch {
  const sets = {
    accounts: filter.accounts && new Set(filter.accounts),
    companies: filter.companies && new Set(filter.companies),
    types: filter.types && new Set(filter.types),
    categories: filter.categories && new Set(filter.categories),
  };
  return ({ account, corpKeyNo, type, category }) => {
    if (sets.accounts && !sets.accounts.has(account)) return 'company';
    if (sets.companies && !sets.companies.has(corpKeyNo)) return 'company';
    if (sets.types && !sets.types.has(type)) return 'kind';
    if (sets.categories && !sets.categories.has(category ?? '')) return 'kind';
    return null;
  };
}
