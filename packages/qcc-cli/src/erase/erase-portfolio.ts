import { oneServer } from 'qcc-clickhouse/failover';
import type { ErasureSubject } from 'qcc-evidence/erasure/subject';
import { fillCompanies, PORTFOLIO_COPIES } from '../portfolio/fill-companies.ts';
import { catchUp, deleteRows, query, type RowsDeps } from './unlogged-statements.ts';

/**
 * Removes the companies of an erasure from `portfolio_companies` and its copies. If only a name goes, they are filled again from the
 * other tables. Call this after `eraseRows` and `eraseMemberRows`: the fill reads what these have left.
 * @throws the client's errors: the call can be repeated.
 */
export async function erasePortfolioCompanies(
  given: RowsDeps,
  { subject, erasureId }: { subject: ErasureSubject; erasureId: string },
): Promise<void> {
  const deps = { ...given, client: await oneServer(given.client) };
  const meant = `(account, order_no, revision, position) IN (
    SELECT account, order_no, revision, position FROM {{db}}.erased_occurrences WHERE erasure_id = '${erasureId}'
  )`;
  await catchUp(deps, ['erased_occurrences', 'portfolio_log'], 'everywhere');
  const [row] = await query<{ n: number }>(deps, `SELECT count() AS n FROM {{db}}.portfolio_log WHERE ${meant}`, {});
  if (!row || row.n === 0) return;
  const ofCompanies = `(account, corp_key_no) IN (SELECT account, corp_key_no FROM {{db}}.portfolio_log WHERE ${meant})`;
  const others = PORTFOLIO_COPIES.filter((table) => table !== 'portfolio_log');
  for (const table of ['portfolio_companies', ...others]) await deleteRows(deps, table, ofCompanies);
  // The last one: the statements above find the companies by it.
  await deleteRows(deps, 'portfolio_log', meant);
  if (subject.person !== undefined) await fillCompanies(deps, { account: subject.account });
}
