import type { PortfolioMember } from 'qcc-core/contract/domain';

/** The key of a customer on the topic. Neither accounts nor names of portfolios hold a bar. */
export const memberKey = ({
  account,
  portfolio,
  member,
}: Pick<PortfolioMember, 'account' | 'portfolio' | 'member'>): string => `${account}|${portfolio}|${member}`;
