import type { MigrationTarget } from './render-migration.ts';

/** Views that hold nothing of persons, or hold it masked. */
const ANALYST_READS = [
  'records_masked',
  'record_history_masked',
  'exceptions_masked',
  'serious_violations_masked',
  'dishonest_debtors_masked',
  'orders',
  'coverage',
  'change_types',
  'risk_categories',
  'detail_spend',
] as const;

/** What holds personal data as QCC sent it, and who decided what. */
const ONLY_INVESTIGATOR_READS = [
  'records',
  'record_history',
  'exceptions',
  'abnormal_operations',
  'serious_violations',
  'dishonest_debtors',
  'dead_letters',
  'dead_letters_open',
  'order_discards',
  'coverage_gaps',
  'erasures',
  'erased_occurrences',
] as const;

/** Role → the tables and views it may read, and nothing else. Views run with their definer's rights. */
export const ROLES = {
  qcc_analyst: ANALYST_READS,
  qcc_investigator: [...ANALYST_READS, ...ONLY_INVESTIGATOR_READS],
} as const;
export type Role = keyof typeof ROLES;

/** What a role may do, each grant without its end `TO role`. */
export const grantsOf = (role: Role, database: string): string[] =>
  ROLES[role].map((name) => `GRANT SELECT ON \`${database}\`.${name}`);

/** The SQL that makes the roles, their limits and quotas; it may run again. Users are the operator's: GRANT role TO user. */
export function renderRoles({ database, cluster }: MigrationTarget): string {
  const onCluster = cluster === undefined ? '' : ` ON CLUSTER \`${cluster}\``;
  const names = Object.keys(ROLES) as Role[];
  return `${[
    ...names.map((role) => `CREATE ROLE IF NOT EXISTS ${role}${onCluster}`),
    // Whoever only ever reads cannot lift a limit that is not marked CHANGEABLE.
    `CREATE SETTINGS PROFILE IF NOT EXISTS qcc_reader${onCluster} SETTINGS readonly = 2 READONLY, max_execution_time = 60 READONLY, max_memory_usage = 4000000000 READONLY TO ${names.join(', ')}`,
    `CREATE QUOTA IF NOT EXISTS qcc_analyst${onCluster} KEYED BY user_name FOR INTERVAL 1 hour MAX queries = 10000 TO qcc_analyst`,
    // Looking up cases needs few rows: what takes many is an export, and needs a person's word.
    `CREATE QUOTA IF NOT EXISTS qcc_investigator${onCluster} KEYED BY user_name FOR INTERVAL 1 day MAX result_rows = 1000000 TO qcc_investigator`,
    ...names.flatMap((role) =>
      grantsOf(role, database).map((grant) => `${grant.replace('GRANT', `GRANT${onCluster}`)} TO ${role}`),
    ),
  ].join(';\n')};\n`;
}
