import type { ChangeRecord, PortfolioMember } from 'qcc-core/contract/domain';
import { createPortfolioIndex } from 'qcc-portfolio/portfolio-index';

/** The customers of one account, so that the ones of a company are found at once. */
export type Portfolios = {
  /** Takes a message of the topic `portfolio`. Of one customer the load that is latest counts, in any order. */
  apply(member: PortfolioMember): void;
  /** Whether a change is about a customer, as `createPortfolioIndex` matches. */
  has(portfolio: string, change: ChangeRecord): boolean;
};

export function createPortfolios(): Portfolios {
  const index = createPortfolioIndex();
  return {
    apply: index.apply,
    has: (portfolio, change) => index.match(change).some((match) => match.portfolio === portfolio),
  };
}
