import { normalizeCode } from './credit-code.ts';

/**
 * A company's name as names are compared: NFKC makes brackets and letters half-width, and blanks go. The view `portfolio_matches`
 * applies the same rule.
 */
export const normalizeName = (name: string): string => name.normalize('NFKC').replace(/[\s\p{Z}]/gu, '');

/** What identifies a customer. At least one of the three is known. */
export type MemberIdentity = {
  member: string;
  creditCode: string | null;
  regNo: string | null;
  name: string | null;
};

/** A company of the feed, with all names, codes and numbers that it has had there. */
export type CandidateCompany = {
  corpKeyNo: string;
  currentName: string | null;
  names: readonly { name: string; lastSeen: number }[];
  creditCodes: readonly string[];
  regNos: readonly string[];
};

export const MATCH_KINDS = ['CREDIT_CODE', 'REG_NO', 'NAME', 'FORMER_NAME'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

export type MemberMatch = { member: string } & (
  | {
      kind: 'MATCHED';
      corpKeyNo: string;
      matchedBy: MatchKind;
      /** The company was found by its name, and the feed has another credit code for it: a person has to compare them. */
      hasOtherCreditCode: boolean;
    }
  /** The best kind of match fits several companies. */
  | { kind: 'AMBIGUOUS'; matchedBy: MatchKind; candidates: string[] }
  /** QCC has pushed no change of it since coverage began. This does not mean that it has no risks. */
  | { kind: 'NEVER_IN_FEED' }
);

/**
 * Finds the company of each member: by credit code, then by registration number, by current name and by former name. The first kind
 * that finds a company decides. Results are in the order of the members. The view `portfolio_matches` applies the same rule.
 */
export function matchMembers(
  members: readonly MemberIdentity[],
  companies: readonly CandidateCompany[],
): MemberMatch[] {
  const index = indexCompanies(companies);
  const byKey = new Map(companies.map((company) => [company.corpKeyNo, company]));
  return members.map(({ member, creditCode, regNo, name }) => {
    const wanted: Record<MatchKind, string> = {
      CREDIT_CODE: normalizeCode(creditCode ?? ''),
      REG_NO: normalizeCode(regNo ?? ''),
      NAME: normalizeName(name ?? ''),
      FORMER_NAME: normalizeName(name ?? ''),
    };
    for (const matchedBy of MATCH_KINDS) {
      const [first, ...others] = index[matchedBy].get(wanted[matchedBy]) ?? [];
      if (first === undefined) continue;
      if (others.length > 0) return { member, kind: 'AMBIGUOUS', matchedBy, candidates: [first, ...others].sort() };
      const codes = (byKey.get(first)?.creditCodes ?? []).map(normalizeCode);
      const hasOtherCreditCode = wanted.CREDIT_CODE !== '' && codes.length > 0 && !codes.includes(wanted.CREDIT_CODE);
      return { member, kind: 'MATCHED', corpKeyNo: first, matchedBy, hasOtherCreditCode };
    }
    return { member, kind: 'NEVER_IN_FEED' };
  });
}

type Index = Record<MatchKind, Map<string, Set<string>>>;

function indexCompanies(companies: readonly CandidateCompany[]): Index {
  const index: Index = { CREDIT_CODE: new Map(), REG_NO: new Map(), NAME: new Map(), FORMER_NAME: new Map() };
  const add = (kind: MatchKind, value: string, corpKeyNo: string): void => {
    if (value === '') return;
    const found = index[kind].get(value);
    if (found) found.add(corpKeyNo);
    else index[kind].set(value, new Set([corpKeyNo]));
  };
  for (const { corpKeyNo, currentName, names, creditCodes, regNos } of companies) {
    for (const code of creditCodes) add('CREDIT_CODE', normalizeCode(code), corpKeyNo);
    for (const regNo of regNos) add('REG_NO', normalizeCode(regNo), corpKeyNo);
    const current = normalizeName(currentName ?? '');
    add('NAME', current, corpKeyNo);
    for (const { name } of names)
      if (normalizeName(name) !== current) add('FORMER_NAME', normalizeName(name), corpKeyNo);
  }
  return index;
}
