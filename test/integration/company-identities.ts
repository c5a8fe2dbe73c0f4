import { type CandidateCompany, normalizeName } from 'qcc-portfolio/match-members';

const SEEN = '2026-11-24 10:00:00';

/** What the feed says about a company, as rows of `company_identities`. */
export function identityRows(account: string, company: CandidateCompany): object[] {
  const { corpKeyNo, currentName, names, creditCodes, regNos } = company;
  const seen = { first_seen_at: SEEN, last_seen_at: SEEN };
  const row = (kind: string, value: string) => ({ account, corp_key_no: corpKeyNo, kind, value, ...seen });
  // The feed knows names of all times as NAME, and as FORMER_NAME those that the text of a change calls so.
  const kind = currentName === null ? 'FORMER_NAME' : 'NAME';
  const known = [...(currentName === null ? [] : [currentName]), ...names.map(({ name }) => name)];
  return [
    ...new Set(known.map(normalizeName)).values().map((name) => row(kind, name)),
    ...creditCodes.map((code) => row('CREDIT_CODE', code)),
    ...regNos.map((regNo) => row('REG_NO', regNo)),
  ];
}

const SEEN_BEFORE = '2026-11-23 10:00:00';

/** The same as a row of `company_states`, of which matching needs the codes and the newest name. */
export const stateRow = (
  account: string,
  { corpKeyNo, currentName, names, creditCodes }: CandidateCompany,
): object => ({
  account,
  corp_key_no: corpKeyNo,
  first_seen_at: SEEN,
  last_seen_at: SEEN,
  facts_last: {
    ...Object.fromEntries(creditCodes.map((code) => [`CREDIT_CODE:${code}`, SEEN])),
    ...(currentName !== null && {
      ...Object.fromEntries(names.map(({ name }) => [`NAME:${name}`, SEEN_BEFORE])),
      [`NAME:${currentName}`]: SEEN,
    }),
  },
  credit_code_last: creditCodes.length === 0 ? '' : `${SEEN}.000${creditCodes.at(-1)}`,
});
