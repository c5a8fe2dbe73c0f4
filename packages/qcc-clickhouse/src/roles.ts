import { maskedViewOf, viewsOf } from 'qcc-details/detail-endpoint';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import type { MigrationTarget } from './migrate/render-migration.ts';

/** Views that hold nothing of persons, or hold it masked. */
const ANALYST_READS: readonly string[] = [
  'companies_masked',
  'company_profiles_masked',
  'changes_masked',
  'company_timeline_masked',
  'list_status_masked',
  'list_spells_masked',
  'debtor_cases_masked',
  'debtor_case_companies_masked',
  'data_completeness',
  'data_quality',
  'dictionary',
  'regions',
  'records_masked',
  'record_history_masked',
  ...DETAIL_ENDPOINTS.map(({ list }) => maskedViewOf(list)),
  'orders',
  'coverage',
  'change_types',
  'risk_categories',
  'detail_spend',
  'portfolio_members_masked',
  'portfolio_matches_masked',
  'portfolio_status_masked',
  'portfolio_changes_masked',
];

/** Tables and views with personal data as QCC sent it, or with the names of people who made decisions. */
const ONLY_INVESTIGATOR_READS: readonly string[] = [
  'companies',
  'company_profiles',
  'changes',
  'company_timeline',
  'list_status',
  'list_spells',
  'debtor_cases',
  'debtor_case_companies',
  'records',
  'record_history',
  ...DETAIL_ENDPOINTS.flatMap(({ list }) => viewsOf(list)),
  'dead_letters',
  'dead_letters_open',
  'order_discards',
  'order_closures',
  'order_closures_in_force',
  'coverage_gaps',
  'erasures',
  'erased_occurrences',
  'portfolio_members',
  'portfolio_matches',
  'portfolio_status',
  'portfolio_changes',
];

/** Role → the tables and views it may read, and nothing else. Views run with their definer's rights. */
export const ROLES = {
  qcc_analyst: ANALYST_READS,
  qcc_investigator: [...ANALYST_READS, ...ONLY_INVESTIGATOR_READS],
} as const;
export type Role = keyof typeof ROLES;

/** What a role may do, each grant without its end `TO role`. */
export const grantsOf = (role: Role, database: string): string[] =>
  ROLES[role].map((name) => `GRANT SELECT ON \`${database}\`.${name}`);

type ReaderSetting = { value: number | string; mayChange?: boolean; min?: number; max?: number };

/**
 * Settings of everybody who reads with a role. With readonly = 1, a reader can change only the marked settings. Clients are known to send
 * them with each query, and none of them gives access to more rows: compression (@clickhouse/client), the time limit (Grafana), the limit
 * of a result (JDBC: DBeaver, Metabase, Tableau), and nulls in joins (Tableau).
 */
export const READER_SETTINGS: Readonly<Record<string, ReaderSetting>> = {
  readonly: { value: 1 },
  max_memory_usage: { value: 4_000_000_000 },
  // 0 would be no limit.
  max_execution_time: { value: 60, min: 1, max: 60, mayChange: true },
  enable_http_compression: { value: 0, mayChange: true },
  max_result_rows: { value: 0, mayChange: true },
  result_overflow_mode: { value: 'throw', mayChange: true },
  join_use_nulls: { value: 0, mayChange: true },
  // See list_entries_by_company.sql and view_settings.sql. The engine ignores the first setting in a view, so readers need it.
  optimize_aggregation_in_order: { value: 1 },
  optimize_move_to_prewhere_if_final: { value: 1 },
  // BI tools group days and hours as times without a zone, which ClickHouse computes in the zone of the session, and show them in UTC. In
  // another zone, such as that of the server, a chart would show the day before.
  session_timezone: { value: 'UTC' },
};

type QuotaLimit = 'queries' | 'result_bytes' | 'read_rows' | 'read_bytes';

/**
 * How much a person may read in an interval. The bytes of results limit what a person can carry away: rows would not, because one row
 * can hold a whole column in an array. Rows of results are not limited: a BI tool reads thousands of rows of `system.settings` for
 * each dashboard that it opens (clickhouse-connect with readonly = 1). The limits hold for a login, so each person needs their own.
 */
export const QUOTAS: Readonly<
  Record<Role, { interval: string; limits: Readonly<Partial<Record<QuotaLimit, number>>> }>
> = {
  qcc_analyst: {
    interval: '1 hour',
    limits: { queries: 100_000, read_rows: 200_000_000_000, read_bytes: 20_000_000_000_000 },
  },
  qcc_investigator: {
    interval: '1 day',
    limits: {
      queries: 100_000,
      result_bytes: 2_000_000_000,
      read_rows: 200_000_000_000,
      read_bytes: 20_000_000_000_000,
    },
  },
};

const quotaOf = (role: Role): string => {
  const { interval, limits } = QUOTAS[role];
  const most = Object.entries(limits).map(([name, limit]) => `${name} = ${limit}`);
  return `FOR INTERVAL ${interval} MAX ${most.join(', ')}`;
};

const readerSettings = (): string =>
  Object.entries(READER_SETTINGS)
    .map(([name, { value, min, max, mayChange }]) =>
      [
        `${name} = ${typeof value === 'string' ? `'${value}'` : value}`,
        ...(min === undefined ? [] : [`MIN ${min}`]),
        ...(max === undefined ? [] : [`MAX ${max}`]),
        mayChange ? 'CHANGEABLE_IN_READONLY' : 'READONLY',
      ].join(' '),
    )
    .join(', ');

/**
 * The SQL that makes the roles, their limits and quotas; run again, it brings those up to date. Users are the operator's:
 * GRANT role TO user.
 */
export function renderRoles({ database, cluster }: MigrationTarget): string {
  const onCluster = cluster === undefined ? '' : ` ON CLUSTER \`${cluster}\``;
  const names = Object.keys(ROLES) as Role[];
  return `${[
    ...names.map((role) => `CREATE ROLE IF NOT EXISTS ${role}${onCluster}`),
    // Not OR REPLACE: logins refer to a profile by its id. A replaced profile has a new id, so logins would lose their limits.
    `CREATE SETTINGS PROFILE IF NOT EXISTS qcc_reader${onCluster}`,
    `ALTER SETTINGS PROFILE qcc_reader${onCluster} SETTINGS ${readerSettings()} TO ${names.join(', ')}`,
    ...names.flatMap((role) => [
      `CREATE QUOTA IF NOT EXISTS ${role}${onCluster}`,
      `ALTER QUOTA ${role}${onCluster} KEYED BY user_name ${quotaOf(role)} TO ${role}`,
    ]),
    ...names.flatMap((role) =>
      grantsOf(role, database).map((grant) => `${grant.replace('GRANT', `GRANT${onCluster}`)} TO ${role}`),
    ),
  ].join(';\n')};\n`;
}
