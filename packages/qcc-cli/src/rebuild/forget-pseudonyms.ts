import { catchUp, query, type RowsDeps, runUnlogged } from '../erase/unlogged-statements.ts';

const OF_RECORDS = `SELECT concat('PSEUDONYM:', assumeNotNull(owner_pseudonym)) FROM {{db}}.record_history FINAL
  WHERE owner_pseudonym IS NOT NULL`;
const isForgotten = (fact: string) => `startsWith(${fact}, 'PSEUDONYM:') AND ${fact} NOT IN (${OF_RECORDS})`;

/**
 * Takes the pseudonyms that no record has any more out of `company_states`, which keeps every fact about a company. Without that, a
 * company whose records got the pseudonym of a new key could have the old one in `companies_masked`.
 */
export async function forgetPseudonyms(deps: RowsDeps): Promise<void> {
  const isOld = `arrayExists(fact -> ${isForgotten('fact')}, mapKeys(facts_last))`;
  const old = await query(deps, `SELECT 1 FROM {{db}}.company_states WHERE ${isOld} LIMIT 1`, {});
  if (old.length === 0) return;
  // Each replica looks at its own rows of this table.
  await catchUp(deps, ['record_history'], 'everywhere');
  const onCluster = deps.cluster === undefined ? '' : ` ON CLUSTER \`${deps.cluster}\``;
  await runUnlogged(
    deps,
    `ALTER TABLE {{db}}.company_states${onCluster}
     UPDATE facts_last = mapFilter((fact, at) -> NOT (${isForgotten('fact')}), facts_last) WHERE ${isOld}
     SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`,
    { wait_end_of_query: 1 },
  );
}
