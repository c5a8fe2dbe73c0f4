import type { PortfolioMember } from 'qcc-core/contract/domain';
import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import { createPortfolios } from './portfolios.ts';

const member = (given: Partial<PortfolioMember>): PortfolioMember => ({
  account: 'main',
  portfolio: 'default',
  member: 'm',
  creditCode: null,
  regNo: null,
  name: null,
  attributes: {},
  loadedAt: 1,
  removed: false,
  companies: [],
  matchedBy: null,
  ...given,
});
const CODE = '91110000600037341L';

test.each([
  { portfolio: 'default', found: true },
  { portfolio: 'other', found: false },
])('a company whose customer is in portfolio default is found in $portfolio: $found', ({ portfolio, found }) => {
  const portfolios = createPortfolios();
  portfolios.apply(member({ creditCode: CODE }));
  expect(portfolios.has(portfolio, changeRecord({ creditCode: CODE }))).toBe(found);
});

test('an erased customer is not found, until it is loaded again', () => {
  const company = changeRecord({ creditCode: CODE });
  const portfolios = createPortfolios();
  portfolios.forget({ account: 'main', portfolio: 'default', member: 'm' });
  portfolios.apply(member({ creditCode: CODE }));
  portfolios.apply(member({ creditCode: CODE, member: 'other', portfolio: 'other' }));
  portfolios.forget({ account: 'main', portfolio: 'default', member: 'm' });
  expect(portfolios.has('default', company)).toBe(false);
  expect(portfolios.has('other', company)).toBe(true);
  portfolios.apply(member({ creditCode: CODE }));
  expect(portfolios.has('default', company)).toBe(true);
});
