import type { CandidateCompany } from 'qcc-portfolio/match-members';
import { normalizeName } from 'qcc-portfolio/normalize-name';

const SEEN = '2026-11-24 10:00:00';

/** What the feed says about a company, as rows of `company_identities`. */
export function identityRows(account: string, company: CandidateCompany): object[] {
  const { corpKeyNo, currentName, names, creditCodes, regNos } = company;
  const seen = { first_seen_at: SEEN, last_seen_at: SEEN };
  const row = (kind: string, value: string) => ({ account, corp_key_no: corpKeyNo, kind, value, ...seen });
  const current = normalizeName(currentName ?? '');
  return [
    ...(currentName === null ? [] : [row('NAME', current)]),
    ...names
      .map(({ name }) => name)
      .filter((name) => normalizeName(name) !== current)
      .map((name) => row('FORMER_NAME', normalizeName(name))),
    ...creditCodes.map((code) => row('CREDIT_CODE', code)),
    ...regNos.map((regNo) => row('REG_NO', regNo)),
  ];
}

/** The same as a row of `company_states`, of which matching needs the codes. */
export const stateRow = (account: string, { corpKeyNo, creditCodes }: CandidateCompany): object => ({
  account,
  corp_key_no: corpKeyNo,
  first_seen_at: SEEN,
  last_seen_at: SEEN,
  facts_last: Object.fromEntries(creditCodes.map((code) => [`CREDIT_CODE:${code}`, SEEN])),
});
