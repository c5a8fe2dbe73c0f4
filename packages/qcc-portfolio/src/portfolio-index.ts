import type { ChangeRecord, PortfolioMember } from 'qcc-core/contract/domain';
import { normalizeCode } from './credit-code.ts';
import { MATCH_KINDS, type MatchKind, normalizeName } from './match-members.ts';

type ChangedCompany = Pick<
  ChangeRecord,
  'account' | 'corpKeyNo' | 'corpName' | 'creditCode' | 'regNo' | 'type' | 'changeContent'
>;
type Customer = Pick<PortfolioMember, 'account' | 'portfolio' | 'member'>;

export type CustomerMatch = {
  portfolio: string;
  member: string;
  matchedBy: MatchKind;
  /** The change has another credit code than the customer: it may be about a company with the same name. */
  hasOtherCreditCode: boolean;
};

/** The customers of portfolios, so that those of a changed company are found at once. */
export type PortfolioIndex = {
  /** Takes a message of the topic `portfolio`. For each customer the latest load counts, in whatever order messages arrive. */
  apply(member: PortfolioMember): void;
  /** Takes the tombstone of an erased customer. */
  forget(customer: Customer): void;
  /**
   * Returns the customers that a change is about. A customer matches if the change has its credit code, registration number or name
   * (in a change of name, also as the former name), or if its last load was matched to the company. That match uses all former names
   * that the feed had at that time.
   */
  match(change: ChangedCompany): CustomerMatch[];
  readonly size: number;
};

/**
 * Matches one change at a time, so it differs from the view `portfolio_matches` in two ways. A customer whose code fits another company
 * is also found by its name. After a change of a company's name, customers with the old name are found again after the next load.
 * @param portfolios Names of those that are wanted; all of them without it.
 */
export function createPortfolioIndex(portfolios?: Iterable<string>): PortfolioIndex {
  const wanted = portfolios && new Set(portfolios);
  const members = new Map<string, PortfolioMember>();
  /** Identity → the keys of the customers that have it. */
  const index = new Map<string, Set<string>>();
  let size = 0;

  const identitiesOf = ({ account, creditCode, regNo, name, companies }: PortfolioMember): string[] => [
    ...identities({ account, creditCode, regNo, name }).map(([, identity]) => identity),
    ...companies.map((corpKeyNo) => companyIdentity({ account, corpKeyNo })),
  ];
  const drop = (key: string): void => {
    const member = members.get(key);
    members.delete(key);
    if (!member || member.removed) return;
    size -= 1;
    for (const identity of identitiesOf(member)) {
      const keys = index.get(identity);
      keys?.delete(key);
      if (keys?.size === 0) index.delete(identity);
    }
  };

  return {
    apply(member) {
      if (wanted && !wanted.has(member.portfolio)) return;
      const key = keyOf(member);
      if ((members.get(key)?.loadedAt ?? 0) > member.loadedAt) return;
      drop(key);
      members.set(key, { ...member, attributes: {} });
      if (member.removed) return;
      size += 1;
      for (const identity of identitiesOf(member)) {
        const keys = index.get(identity) ?? new Set();
        index.set(identity, keys.add(key));
      }
    },
    forget: (customer) => drop(keyOf(customer)),
    match(change) {
      const { account, creditCode, regNo, corpName } = change;
      const code = normalizeCode(creditCode ?? '');
      const found = new Map<string, CustomerMatch>();
      const look = (identity: string, kindOf: (member: PortfolioMember) => MatchKind): void => {
        for (const key of index.get(identity) ?? []) {
          if (found.has(key)) continue;
          const member = members.get(key)!;
          const matchedBy = kindOf(member);
          const codeOfMember = normalizeCode(member.creditCode ?? '');
          const hasOtherCreditCode =
            matchedBy !== 'CREDIT_CODE' && code !== '' && codeOfMember !== '' && code !== codeOfMember;
          found.set(key, { portfolio: member.portfolio, member: member.member, matchedBy, hasOtherCreditCode });
        }
      };
      for (const [kind, identity] of identities({ account, creditCode, regNo, name: corpName }))
        look(identity, () => kind);
      for (const [, identity] of identities({ account, creditCode: null, regNo: null, name: formerNameOf(change) }))
        look(identity, () => 'FORMER_NAME');
      look(companyIdentity(change), ({ matchedBy }) => MATCH_KINDS.find((kind) => kind === matchedBy) ?? 'FORMER_NAME');
      return [...found.values()];
    },
    get size() {
      return size;
    },
  };
}

const keyOf = ({ account, portfolio, member }: Customer): string => JSON.stringify([account, portfolio, member]);

const companyIdentity = ({ account, corpKeyNo }: Pick<ChangeRecord, 'account' | 'corpKeyNo'>): string =>
  JSON.stringify([account, 'COMPANY', corpKeyNo]);

/** 企业名称变更. */
const CHANGE_OF_NAME = '5';
const FORMER_NAME = /由[“"](.+?)[”"]变更为/;

/** The name that a company had before this change; null for a change of anything else. `company_identities` has the same rule. */
const formerNameOf = ({ type, changeContent }: Pick<ChangeRecord, 'type' | 'changeContent'>): string | null =>
  (type === CHANGE_OF_NAME && FORMER_NAME.exec(changeContent ?? '')?.[1]?.trim()) || null;

type Identity = { account: string; creditCode: string | null; regNo: string | null; name: string | null };

/** In the order of `MATCH_KINDS`. */
const identities = ({ account, creditCode, regNo, name }: Identity): [MatchKind, string][] =>
  (
    [
      ['CREDIT_CODE', normalizeCode(creditCode ?? '')],
      ['REG_NO', normalizeCode(regNo ?? '')],
      ['NAME', normalizeName(name ?? '')],
    ] as const
  ).flatMap(([kind, text]) => (text === '' ? [] : [[kind, JSON.stringify([account, kind, text])]]));
