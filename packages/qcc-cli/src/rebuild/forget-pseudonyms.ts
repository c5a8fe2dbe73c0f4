import { catchUp, query, type RowsDeps, runUnlogged } from '../erase/unlogged-statements.ts';

const OF_RECORDS = `SELECT concat('PSEUDONYM:', assumeNotNull(owner_pseudonym)) FROM {{db}}.record_history FINAL
  WHERE owner_pseudonym IS NOT NULL`;
const isForgotten = (fact: string) => `startsWith(${fact}, 'PSEUDONYM:') AND ${fact} NOT IN (${OF_RECORDS})`;

/** The tables that keep every fact about a company: all companies, and the copy for those of customers. */
const TABLES = ['company_states', 'portfolio_states'] as const;

/**
 * Takes the pseudonyms that no record has any more out of the facts about companies. Without that, a company whose records got the
 * pseudonym of a new key could have the old one in `companies_masked` and in `portfolio_status_masked`.
 */
export async function forgetPseudonyms(deps: RowsDeps): Promise<void> {
  const isOld = `arrayExists(fact -> ${isForgotten('fact')}, mapKeys(facts_last))`;
  const onCluster = deps.cluster === undefined ? '' : ` ON CLUSTER \`${deps.cluster}\``;
  for (const table of TABLES) {
    const old = await query(deps, `SELECT 1 FROM {{db}}.${table} WHERE ${isOld} LIMIT 1`, {});
    if (old.length === 0) continue;
    // Each replica looks at its own rows of this table.
    await catchUp(deps, ['record_history'], 'everywhere');
    await runUnlogged(
      deps,
      `ALTER TABLE {{db}}.${table}${onCluster}
       UPDATE facts_last = mapFilter((fact, at) -> NOT (${isForgotten('fact')}), facts_last) WHERE ${isOld}
       SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`,
    );
  }
}
