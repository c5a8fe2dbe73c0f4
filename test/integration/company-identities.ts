import type { CandidateCompany } from 'qcc-portfolio/match-members';
import { normalizeName } from 'qcc-portfolio/normalize-name';

/** The table as its own migration makes it, for tests that fill it without records. */
export const companyIdentitiesSql = (database: string): string => `
  CREATE TABLE IF NOT EXISTS ${database}.company_identities (
    account LowCardinality(String) COMMENT 'x', corp_key_no String COMMENT 'x', kind LowCardinality(String) COMMENT 'x',
    value String COMMENT 'x', raw SimpleAggregateFunction(any, String) COMMENT 'x',
    first_seen_at SimpleAggregateFunction(min, DateTime64(3, 'Asia/Shanghai')) COMMENT 'x',
    last_seen_at SimpleAggregateFunction(max, DateTime64(3, 'Asia/Shanghai')) COMMENT 'x'
  ) ENGINE = AggregatingMergeTree ORDER BY (account, kind, value, corp_key_no) COMMENT 'x'`;

/** What the feed says about a company, as rows of `company_identities`. */
export function identityRows(account: string, company: CandidateCompany): object[] {
  const { corpKeyNo, currentName, names, creditCodes, regNos } = company;
  const seen = { first_seen_at: '2026-11-24 10:00:00', last_seen_at: '2026-11-24 10:00:00' };
  const row = (kind: string, value: string, raw: string) => ({
    ...{ account, corp_key_no: corpKeyNo, kind, value, raw },
    ...seen,
  });
  const current = normalizeName(currentName ?? '');
  return [
    ...(currentName === null ? [] : [row('NAME', current, currentName)]),
    ...names
      .map(({ name }) => name)
      .filter((name) => normalizeName(name) !== current)
      .map((name) => row('FORMER_NAME', normalizeName(name), name)),
    ...creditCodes.map((code) => row('CREDIT_CODE', code, code)),
    ...regNos.map((regNo) => row('REG_NO', regNo, regNo)),
  ];
}
