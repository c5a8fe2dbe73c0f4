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

/** Customers that a person has to look at: how many, and the first ones. */
export type ReportPart = { count: number; shown: MatchRow[] };

export type Report = {
  members: number;
  loadedAt: string | null;
  /** Customers that were matched to one company, by how. */
  matched: Readonly<Record<MatchKind, number>>;
  ambiguous: ReportPart;
  /** Matched to one company, whose credit code in the feed is another one. */
  otherCreditCode: ReportPart;
  neverInFeed: ReportPart;
  /** The first day of the feed of which anything is known. It may not have been checked; null if nothing is known. */
  firstDay: string | null;
};

type CountedRow = MatchRow & { kind: 'ONE' | 'AMBIGUOUS' | 'OTHER_CREDIT_CODE' | 'NEVER'; n: number };

/** The first customers of each kind, with the number of all. The view alone decides what is a match, and is read once. */
const COUNTED_ROWS = `
  SELECT
    multiIf(empty(companies), 'NEVER', length(companies) > 1, 'AMBIGUOUS', has_other_credit_code, 'OTHER_CREDIT_CODE', 'ONE') AS kind,
    count() OVER (PARTITION BY kind, matched_by) AS n,
    p.name AS name, p.credit_code AS credit_code, p.reg_no AS reg_no,
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
  ORDER BY name, p.member
  LIMIT {shown: UInt32} BY kind, matched_by`;

/** @param shown How many customers of each kind are shown at most. */
export async function readReport(clickhouse: ClickHouseSide, choice: Choice, shown: number): Promise<Report> {
  const [portfolio] = (await listPortfolios(clickhouse, choice.account)).filter(
    (each) => each.portfolio === choice.portfolio,
  );
  const rows = await clickhouse.rows<CountedRow>(COUNTED_ROWS, { ...choice, shown });
  const [known] = await clickhouse.rows<{ first_day: string | null }>(
    `SELECT if(count() = 0, NULL, toString(min(day))) AS first_day FROM {{db}}.coverage WHERE account = {account: String}`,
    choice,
  );
  const groups = new Map(rows.map(({ kind, matched_by, n }) => [`${kind} ${matched_by}`, { kind, matched_by, n }]));
  const count = (holds: (group: Pick<CountedRow, 'kind' | 'matched_by'>) => boolean): number =>
    [...groups.values()].filter(holds).reduce((total, { n }) => total + n, 0);
  const ofKind = (kind: CountedRow['kind']) => ({
    count: count((group) => group.kind === kind),
    shown: rows.filter((row) => row.kind === kind).slice(0, shown),
  });
  const matched = (by: MatchKind) =>
    count(({ kind, matched_by }) => matched_by === by && (kind === 'ONE' || kind === 'OTHER_CREDIT_CODE'));
  return {
    members: count(() => true),
    loadedAt: portfolio?.loaded_at ?? null,
    matched: {
      CREDIT_CODE: matched('CREDIT_CODE'),
      REG_NO: matched('REG_NO'),
      NAME: matched('NAME'),
      FORMER_NAME: matched('FORMER_NAME'),
    },
    ambiguous: ofKind('AMBIGUOUS'),
    otherCreditCode: ofKind('OTHER_CREDIT_CODE'),
    neverInFeed: ofKind('NEVER'),
    firstDay: known?.first_day ?? null,
  };
}

const POLL_MS = 300;

const ALL_OF_LOAD = `
  SELECT uniqExact(member) >= {members: UInt32} AS isStored FROM {{db}}.portfolio_members
  WHERE account = {account: String} AND portfolio = {portfolio: String}
    AND loaded_at = fromUnixTimestamp64Milli({loadedAt: Int64})`;
const NONE_LEFT = `
  SELECT count() = 0 AS isStored FROM {{db}}.portfolio_members FINAL
  WHERE account = {account: String} AND portfolio = {portfolio: String}`;

/**
 * Waits until the table has as many customers of a load as the topic; if the topic has none, until the table has none.
 * @returns false where the signal ended the wait.
 */
export async function untilStored(
  clickhouse: ClickHouseSide,
  { account, portfolio, loadedAt, members }: Choice & { loadedAt: number; members: number },
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const [row] = await clickhouse.rows<{ isStored: 0 | 1 }>(members === 0 ? NONE_LEFT : ALL_OF_LOAD, {
      account,
      portfolio,
      loadedAt,
      members,
    });
    if (row?.isStored) return true;
    if (signal.aborted) return false;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
