import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { oneServer } from 'qcc-clickhouse/failover';
import { LONG_STATEMENT } from 'qcc-clickhouse/migrate/migrate';

type FillDeps = { client: ClickHouseClient; database: string; cluster?: string | undefined };

/** `portfolio` and `loadedAt` are those of the load that asks for it; without them no portfolio is marked as filled. */
export type FillInput = { account: string; loaded?: { portfolio: string; loadedAt: number } };
export type Filled = { companies: number; changes: number };

/** Companies that one statement takes: their changes are held in memory while they are joined. */
const COMPANIES_AT_ONCE = 2_000;

/** When a company is added to `portfolio_companies`, materialized views on that table fill these tables with its earlier rows. */
export const PORTFOLIO_COPIES = [
  'portfolio_states',
  'portfolio_list_entries',
  'portfolio_case_states',
  'portfolio_log',
] as const;

/** The names and codes of the customers of an account, as `company_identities` has those of companies. */
const IDENTITIES = `
  SELECT account, identity.1, identity.2
  FROM (
    SELECT account, ifNull(credit_code, '') AS code, ifNull(reg_no, '') AS number,
      replaceRegexpAll(normalizeUTF8NFKC(toValidUTF8(ifNull(name, ''))), '[\\\\s\\\\p{Z}]', '') AS clean_name
    FROM {{db}}.portfolio_members FINAL
    WHERE account = {account: String}
  )
  ARRAY JOIN [('CREDIT_CODE', code), ('REG_NO', number), ('NAME', clean_name), ('FORMER_NAME', clean_name)] AS identity
  WHERE identity.2 != ''`;

/** A statement that started before an erasure deletes rows would write them again. The erasure fills these companies itself. */
const NOT_ERASING = '(account, corp_key_no) NOT IN (SELECT account, corp_key_no FROM {{db}}.erasing_companies)';

/**
 * Settings of an INSERT that may be repeated. Without `insert_deduplicate: 0`, a replicated table drops rows that it held before they
 * were deleted, as duplicates.
 */
export const INSERT_AGAIN: ClickHouseSettings = { ...LONG_STATEMENT, insert_deduplicate: 0 };

/**
 * Brings `portfolio_companies` and its copies up to date with the customers of an account: adds the companies of
 * customers with all their stored rows, and deletes companies that no longer belong to a customer. All companies are added again each time, so a
 * fill repairs what an earlier one left behind. Rows that arrive meanwhile are copied by the materialized views.
 *
 * A statement reads the whole history at worst, and may take minutes.
 * @throws the client's errors: the call can be repeated.
 */
export async function fillCompanies(given: FillDeps, { account, loaded }: FillInput): Promise<Filled> {
  const { cluster } = given;
  const deps = { ...given, client: await oneServer(given.client) };
  const run = (sql: string, params: Record<string, unknown> = {}) => runFor(deps, sql, { account, ...params });
  const count = (sql: string) => countFor(deps, sql, { account });
  await addCompanies(deps, { account, where: NOT_ERASING });

  const isStale = `account = {account: String} AND (account, kind, value) NOT IN (${IDENTITIES})`;
  if ((await count(`SELECT count() AS n FROM {{db}}.portfolio_companies WHERE ${isStale}`)) > 0) {
    const onCluster = cluster === undefined ? '' : ` ON CLUSTER \`${cluster}\``;
    const remove = (table: string, where: string) =>
      run(`ALTER TABLE {{db}}.${table}${onCluster} DELETE WHERE ${where}
        SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`);
    await remove('portfolio_companies', isStale);
    // These deletions come second. If a company matches a customer again meanwhile, it is added again together with its copies.
    const isNobodys =
      'account = {account: String} AND (account, corp_key_no) NOT IN (SELECT account, corp_key_no FROM {{db}}.portfolio_companies)';
    for (const table of PORTFOLIO_COPIES) await remove(table, isNobodys);
  }

  if (loaded) {
    await run(
      `INSERT INTO {{db}}.portfolio_fills (account, portfolio, loaded_at)
       SELECT {account: String}, {portfolio: String}, fromUnixTimestamp64Milli({loadedAt: Int64})`,
      loaded,
    );
  }
  return {
    companies: await count(
      'SELECT uniqExact(corp_key_no) AS n FROM {{db}}.portfolio_companies WHERE account = {account: String}',
    ),
    changes: await count('SELECT count() AS n FROM {{db}}.portfolio_log FINAL WHERE account = {account: String}'),
  };
}

/**
 * Adds companies of customers, of those that the condition on `account` and `corp_key_no` chooses, with all their stored rows. The
 * statements name no company.
 */
export async function addCompanies(
  deps: FillDeps,
  { account, where }: { account: string; where: string },
): Promise<void> {
  const found = `FROM {{db}}.company_identities
    WHERE account = {account: String} AND ${where} AND (account, kind, value) IN (${IDENTITIES})`;
  const companies = await countFor(deps, `SELECT uniqExact(corp_key_no) AS n ${found}`, { account });
  const parts = Math.ceil(companies / COMPANIES_AT_ONCE);
  for (let part = 0; part < parts; part += 1) {
    await runFor(
      deps,
      `INSERT INTO {{db}}.portfolio_companies (account, corp_key_no, kind, value, added_at)
       SELECT DISTINCT account, corp_key_no, kind, value, toDateTime64(0, 3, 'Asia/Shanghai') ${found}
         AND cityHash64(corp_key_no) % {parts: UInt32} = {part: UInt32}`,
      { account, parts, part },
      INSERT_AGAIN,
    );
  }
}

const inDatabase = ({ database }: FillDeps, sql: string) => sql.replaceAll('{{db}}', `\`${database}\``);

async function runFor(
  deps: FillDeps,
  sql: string,
  params: Record<string, unknown>,
  settings = LONG_STATEMENT,
): Promise<void> {
  await deps.client.command({
    query: inDatabase(deps, sql),
    query_params: params,
    clickhouse_settings: settings,
  });
}

async function countFor(deps: FillDeps, sql: string, params: Record<string, unknown>): Promise<number> {
  const result = await deps.client.query({
    query: inDatabase(deps, sql),
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return (await result.json<{ n: number }>())[0]!.n;
}
