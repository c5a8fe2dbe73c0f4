import type { PortfolioMember } from 'qcc-core/contract/domain';

type Customer = Pick<PortfolioMember, 'account' | 'portfolio' | 'member'>;

/** The key of a customer on the topic. Neither accounts nor names of portfolios hold a bar. */
export const memberKey = ({ account, portfolio, member }: Customer): string => `${account}|${portfolio}|${member}`;

/** The customer of a key, which is all that a tombstone has. */
export function customerOfKey(key: string): Customer {
  const [account = '', portfolio = '', ...member] = key.split('|');
  return { account, portfolio, member: member.join('|') };
}
