import { setTimeout as sleep } from 'node:timers/promises';
import type { MatchKind } from 'qcc-portfolio/match-members';
import type { ClickHouseSide } from '../connect-clickhouse.ts';

type Choice = { account: string; portfolio: string };

export type PortfolioRow = { portfolio: string; members: number; loaded_at: string };

/** The portfolios of an account that have customers, by name. */
export const listPortfolios = (clickhouse: ClickHouseSide, account: string): Promise<PortfolioRow[]> =>
  clickhouse.rows<PortfolioRow>(
    `SELECT p.portfolio AS portfolio, count() AS members, toString(max(p.loaded_at)) AS loaded_at
     FROM {{db}}.portfolio_members AS p FINAL
     WHERE p.account = {account: String}
     GROUP BY portfolio ORDER BY portfolio`,
    { account },
  );

/** How a customer is matched; `matched_by` is empty for one that was never in the feed. */
export type MatchRow = {
  name: string | null;
  credit_code: string | null;
  reg_no: string | null;
  matched_by: MatchKind | '';
  companies: string[];
  has_other_credit_code: boolean;
};

export type Report = {
  members: number;
  loadedAt: string | null;
  /** Customers that were matched to one company, by how. */
  matched: Readonly<Record<MatchKind, number>>;
  ambiguous: number;
  neverInFeed: number;
  otherCreditCode: number;
  /** The first ones of each kind that a person has to look at. */
  shown: { ambiguous: MatchRow[]; otherCreditCode: MatchRow[]; neverInFeed: MatchRow[] };
  /** The first day whose orders are known; null where none is. */
  coveredSince: string | null;
};

/** Each customer of the portfolio once. The view alone decides what is a match. */
const MATCHES = `(
  SELECT p.member AS member, p.name AS name, p.credit_code AS credit_code, p.reg_no AS reg_no,
    toString(m.matched_by) AS matched_by, m.companies AS companies, m.has_other_credit_code AS has_other_credit_code
  FROM (
    SELECT member, name, credit_code, reg_no FROM {{db}}.portfolio_members FINAL
    WHERE account = {account: String} AND portfolio = {portfolio: String}
  ) AS p
  LEFT JOIN (
    SELECT member, any(matched_by) AS matched_by, arraySort(groupArray(corp_key_no)) AS companies,
      any(has_other_credit_code) AS has_other_credit_code
    FROM {{db}}.portfolio_matches
    WHERE account = {account: String} AND portfolio = {portfolio: String}
    GROUP BY member
  ) AS m ON m.member = p.member
)`;

/** @param shown How many customers of each kind are shown at most. */
export async function readReport(clickhouse: ClickHouseSide, choice: Choice, shown: number): Promise<Report> {
  const [portfolio] = (await listPortfolios(clickhouse, choice.account)).filter(
    (each) => each.portfolio === choice.portfolio,
  );
  const counts = await clickhouse.rows<{ matched_by: MatchKind | ''; is_ambiguous: boolean; other: number; n: number }>(
    `SELECT matched_by, length(companies) > 1 AS is_ambiguous, countIf(has_other_credit_code) AS other, count() AS n
     FROM ${MATCHES} GROUP BY matched_by, is_ambiguous`,
    choice,
  );
  const rowsWhere = (condition: string) =>
    clickhouse.rows<MatchRow>(
      `SELECT name, credit_code, reg_no, matched_by, companies, has_other_credit_code
       FROM ${MATCHES} WHERE ${condition} ORDER BY name, member LIMIT {shown: UInt32}`,
      { ...choice, shown },
    );
  const sum = (rows: typeof counts) => rows.reduce((total, { n }) => total + n, 0);
  const matchedBy = (kind: MatchKind) =>
    sum(counts.filter(({ matched_by, is_ambiguous }) => matched_by === kind && !is_ambiguous));
  const [covered] = await clickhouse.rows<{ since: string | null }>(
    `SELECT if(count() = 0, NULL, toString(min(day))) AS since FROM {{db}}.coverage WHERE account = {account: String}`,
    choice,
  );
  return {
    members: sum(counts),
    loadedAt: portfolio?.loaded_at ?? null,
    matched: {
      CREDIT_CODE: matchedBy('CREDIT_CODE'),
      REG_NO: matchedBy('REG_NO'),
      NAME: matchedBy('NAME'),
      FORMER_NAME: matchedBy('FORMER_NAME'),
    },
    ambiguous: sum(counts.filter(({ is_ambiguous }) => is_ambiguous)),
    neverInFeed: sum(counts.filter(({ matched_by }) => matched_by === '')),
    otherCreditCode: counts.reduce((total, { other, is_ambiguous }) => total + (is_ambiguous ? 0 : other), 0),
    shown: {
      ambiguous: await rowsWhere('length(companies) > 1'),
      otherCreditCode: await rowsWhere('has_other_credit_code AND length(companies) = 1'),
      neverInFeed: await rowsWhere('empty(companies)'),
    },
    coveredSince: covered?.since ?? null,
  };
}

const POLL_MS = 300;

/**
 * Waits until the table has as many customers of a load as the topic.
 * @returns false where the signal ended the wait.
 */
export async function untilStored(
  clickhouse: ClickHouseSide,
  { account, portfolio, loadedAt, members }: Choice & { loadedAt: number; members: number },
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const [row] = await clickhouse.rows<{ n: number }>(
      `SELECT uniqExact(member) AS n FROM {{db}}.portfolio_members
       WHERE account = {account: String} AND portfolio = {portfolio: String}
         AND loaded_at = fromUnixTimestamp64Milli({loadedAt: Int64})`,
      { account, portfolio, loadedAt },
    );
    if ((row?.n ?? 0) >= members) return true;
    if (signal.aborted) return false;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
