import type { ChangeRecord, PortfolioMember } from 'qcc-core/contract/domain';
import { normalizeCode } from 'qcc-portfolio/credit-code';
import { matchMembers } from 'qcc-portfolio/match-members';
import { normalizeName } from 'qcc-portfolio/normalize-name';

type Company = Pick<ChangeRecord, 'corpKeyNo' | 'corpName' | 'creditCode' | 'regNo'>;

/** The customers of one account, so that the ones of a company are found at once. */
export type Portfolios = {
  /** Takes a message of the topic `portfolio`. Of one customer the load that is latest counts, in any order. */
  apply(member: PortfolioMember): void;
  /** Takes a tombstone of the topic: the customer was erased, and its name is kept no longer. */
  forget(member: Pick<PortfolioMember, 'portfolio' | 'member'>): void;
  /**
   * Whether the company of a change matches a customer, by the rule of `matchMembers`. Only this change is looked at, so former
   * names are not known, and a customer whose code fits another company is found by its name too.
   */
  has(portfolio: string, company: Company): boolean;
};

export function createPortfolios(): Portfolios {
  const members = new Map<string, PortfolioMember>();
  /** Portfolio and identity → the keys of the customers that have it. */
  const index = new Map<string, Set<string>>();

  const identities = ({ portfolio, creditCode, regNo, name }: Omit<PortfolioMember, 'attributes'>): string[] =>
    identitiesOf({ creditCode, regNo, name }).map((identity) => `${portfolio}|${identity}`);
  const keyOf = ({ portfolio, member }: Pick<PortfolioMember, 'portfolio' | 'member'>): string =>
    JSON.stringify([portfolio, member]);
  const removeFromIndex = (key: string): void => {
    const known = members.get(key);
    if (!known) return;
    for (const identity of identities(known)) {
      const keys = index.get(identity);
      keys?.delete(key);
      if (keys?.size === 0) index.delete(identity);
    }
  };

  return {
    apply(member) {
      const key = keyOf(member);
      const known = members.get(key);
      if (known && known.loadedAt > member.loadedAt) return;
      removeFromIndex(key);
      members.set(key, { ...member, attributes: {} });
      if (member.removed) return;
      for (const identity of identities(member)) {
        const keys = index.get(identity) ?? new Set();
        index.set(identity, keys.add(key));
      }
    },
    forget(member) {
      const key = keyOf(member);
      removeFromIndex(key);
      members.delete(key);
    },
    has(portfolio, { corpKeyNo, corpName, creditCode, regNo }) {
      const found = new Set(
        identitiesOf({ creditCode, regNo, name: corpName }).flatMap((identity) => [
          ...(index.get(`${portfolio}|${identity}`) ?? []),
        ]),
      );
      if (found.size === 0) return false;
      const company = {
        corpKeyNo,
        currentName: corpName,
        names: [],
        creditCodes: creditCode === null ? [] : [creditCode],
        regNos: regNo === null ? [] : [regNo],
      };
      const candidates = [...found].map((key) => members.get(key)!);
      return matchMembers(candidates, [company]).some(({ kind }) => kind === 'MATCHED');
    },
  };
}

type Identity = { creditCode: string | null; regNo: string | null; name: string | null };

const identitiesOf = ({ creditCode, regNo, name }: Identity): string[] =>
  Object.entries({
    code: normalizeCode(creditCode ?? ''),
    regNo: normalizeCode(regNo ?? ''),
    name: normalizeName(name ?? ''),
  }).flatMap(([kind, text]) => (text === '' ? [] : [`${kind}|${text}`]));
