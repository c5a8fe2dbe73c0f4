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

test.each<[string, Partial<PortfolioMember>, boolean]>([
  ['by its credit code', { creditCode: CODE, name: '别的名字' }, true],
  ['by its registration number', { regNo: '110000001234567' }, true],
  ['by its name, whatever the brackets', { name: '甲（北京）有限公司' }, true],
  ['by a company that its load found', { name: '旧名', companies: ['k1'], matchedBy: 'FORMER_NAME' }, true],
  ['not by a part of its name', { name: '甲' }, false],
  ['not in another portfolio', { portfolio: 'other', creditCode: CODE }, false],
  ['not once it is removed', { creditCode: CODE, removed: true }, false],
])('a company is found %s', (_, given, found) => {
  const portfolios = createPortfolios();
  portfolios.apply(member(given));
  const company = changeRecord({
    corpKeyNo: 'k1',
    creditCode: CODE,
    regNo: '110000001234567',
    corpName: '甲(北京)有限公司',
  });
  expect(portfolios.has('default', company)).toBe(found);
});

test('of one customer the latest load counts, in any order', () => {
  const company = changeRecord({ creditCode: CODE });
  const loads = [
    member({ creditCode: CODE, loadedAt: 1 }),
    member({ removed: true, loadedAt: 2 }),
    member({ creditCode: CODE, loadedAt: 3 }),
  ];
  for (const order of [loads, loads.toReversed()]) {
    const portfolios = createPortfolios();
    for (const load of order) portfolios.apply(load);
    expect(portfolios.has('default', company)).toBe(true);
  }
  const portfolios = createPortfolios();
  for (const load of [loads[1]!, loads[0]!]) portfolios.apply(load);
  expect(portfolios.has('default', company)).toBe(false);
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
