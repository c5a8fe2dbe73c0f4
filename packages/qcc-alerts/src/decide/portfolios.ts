import type { ChangeRecord } from 'qcc-core/contract/domain';
import { createPortfolioIndex, type PortfolioIndex } from 'qcc-portfolio/portfolio-index';

/** The customers of one account, so that the ones of a company are found at once. */
export type Portfolios = Pick<PortfolioIndex, 'apply' | 'forget'> & {
  /** Whether a change is about a customer, as `createPortfolioIndex` matches. */
  has(portfolio: string, change: ChangeRecord): boolean;
};

export function createPortfolios(): Portfolios {
  const index = createPortfolioIndex();
  return {
    apply: index.apply,
    forget: index.forget,
    has: (portfolio, change) => index.match(change).some((match) => match.portfolio === portfolio),
  };
}
