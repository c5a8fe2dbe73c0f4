import { normalizeCode } from 'qcc-portfolio/credit-code';
import { normalizeName } from 'qcc-portfolio/normalize-name';
import type { ChangeRecord, PortfolioMember } from '../generated/topics.ts';
import type { PortfolioMatch } from '../options.ts';

type Known = { offset: bigint; member: PortfolioMember | null };
type Index = 'creditCodes' | 'regNos' | 'names';

/** The customers of some portfolios. Reading messages again, in any order, changes nothing. */
export type PortfolioIndex = {
  /** @param member Null for a tombstone. */
  apply(key: string, offset: bigint, member: PortfolioMember | null): void;
  /** The customers whom a record is about, each with the first kind of identity that agrees. */
  match(record: ChangeRecord): PortfolioMatch[];
  readonly size: number;
};

/**
 * Finds customers by credit code, registration number and name. The view `portfolio_matches` also knows the former names of
 * companies, and prefers the company with the customer's credit code; a single change does not say what the feed has had.
 */
export function createPortfolioIndex(portfolios: readonly string[]): PortfolioIndex {
  const wanted = new Set(portfolios);
  const known = new Map<string, Known>();
  const index: Record<Index, Map<string, Set<string>>> = {
    creditCodes: new Map(),
    regNos: new Map(),
    names: new Map(),
  };
  let size = 0;

  const identities = (member: PortfolioMember): [Index, string][] => {
    const all: [Index, string][] = [
      ['creditCodes', normalizeCode(member.creditCode ?? '')],
      ['regNos', normalizeCode(member.regNo ?? '')],
      ['names', normalizeName(member.name ?? '')],
    ];
    return all.filter(([, value]) => value !== '');
  };
  const remove = (key: string, member: PortfolioMember): void => {
    size -= 1;
    for (const [kind, value] of identities(member)) {
      const keys = index[kind].get(value);
      keys?.delete(key);
      if (keys?.size === 0) index[kind].delete(value);
    }
  };
  const add = (key: string, member: PortfolioMember): void => {
    size += 1;
    for (const [kind, value] of identities(member)) {
      const keys = index[kind].get(value) ?? new Set();
      index[kind].set(value, keys.add(key));
    }
  };

  return {
    apply(key, offset, member) {
      const before = known.get(key);
      if (before && before.offset >= offset) return;
      if (before?.member) remove(key, before.member);
      const kept = member && !member.removed && wanted.has(member.portfolio) ? member : null;
      known.set(key, { offset, member: kept });
      if (kept) add(key, kept);
    },
    match({ account, creditCode, regNo, corpName }) {
      const code = normalizeCode(creditCode ?? '');
      const found = new Map<string, PortfolioMatch>();
      const look = (keys: Iterable<string> = [], matchedBy: PortfolioMatch['matchedBy']): void => {
        for (const key of keys) {
          const member = known.get(key)?.member;
          if (!member || member.account !== account || found.has(key)) continue;
          const codeOfMember = normalizeCode(member.creditCode ?? '');
          const hasOtherCreditCode = code !== '' && codeOfMember !== '' && code !== codeOfMember;
          found.set(key, { portfolio: member.portfolio, member: member.member, matchedBy, hasOtherCreditCode });
        }
      };
      look(index.creditCodes.get(code), 'CREDIT_CODE');
      look(index.regNos.get(normalizeCode(regNo ?? '')), 'REG_NO');
      look(index.names.get(normalizeName(corpName ?? '')), 'NAME');
      return [...found.values()];
    },
    get size() {
      return size;
    },
  };
}
