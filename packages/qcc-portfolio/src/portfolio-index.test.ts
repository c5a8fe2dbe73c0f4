import type { PortfolioMember } from 'qcc-core/contract/domain';
import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import { createPortfolioIndex } from './portfolio-index.ts';

const CODE = '91440300708461136T';
const member = (fields: Partial<PortfolioMember>): PortfolioMember => ({
  account: 'main',
  portfolio: 'default',
  member: 'm1',
  creditCode: null,
  regNo: null,
  name: null,
  attributes: {},
  loadedAt: 0,
  removed: false,
  companies: [],
  matchedBy: null,
  ...fields,
});

function indexOf(...members: Partial<PortfolioMember>[]) {
  const index = createPortfolioIndex(['default']);
  for (const [at, fields] of members.entries()) index.apply(member({ member: `m${at}`, ...fields }));
  return index;
}

test.each([
  { by: 'CREDIT_CODE', customer: { creditCode: CODE }, record: { creditCode: ` ${CODE.toLowerCase()}` } },
  { by: 'REG_NO', customer: { regNo: '440301103097413' }, record: { regNo: '４４０３０１１０３０９７４１３' } },
  { by: 'NAME', customer: { name: '深圳示例(集团)有限公司' }, record: { corpName: '深圳示例（集团） 有限公司' } },
  {
    by: 'CREDIT_CODE',
    customer: { creditCode: CODE, name: '甲公司' },
    record: { creditCode: CODE, corpName: '甲公司' },
  },
  {
    by: 'FORMER_NAME',
    customer: { name: '旧名公司' },
    record: { corpName: '新名公司', type: '5', changeContent: '企业名称由“旧名 公司”变更为“新名公司”' },
  },
  {
    by: 'FORMER_NAME',
    customer: { name: '旧名公司', companies: ['k1'], matchedBy: 'FORMER_NAME' },
    record: { corpKeyNo: 'k1', corpName: '新名公司' },
  },
  {
    by: 'CREDIT_CODE',
    customer: { creditCode: CODE, companies: ['k1'], matchedBy: 'CREDIT_CODE' },
    record: { corpKeyNo: 'k1', creditCode: '91110108MA0000000A' },
  },
])('a customer is found by $by', ({ by, customer, record }) => {
  expect(indexOf(customer).match(changeRecord(record))).toEqual([
    { portfolio: 'default', member: 'm0', matchedBy: by, hasOtherCreditCode: false },
  ]);
});

test('a company with the same name and another credit code is marked', () => {
  const company = { corpName: '甲公司', creditCode: '91110108MA0000000A' };
  const [match] = indexOf({ creditCode: CODE, name: '甲公司' }).match(changeRecord(company));
  expect(match).toMatchObject({ matchedBy: 'NAME', hasOtherCreditCode: true });
});

test.each([
  { why: 'of another account', customer: { name: '甲公司', companies: ['k1'], account: 'other' } },
  { why: 'of another portfolio', customer: { name: '甲公司', companies: ['k1'], portfolio: 'other' } },
  { why: 'removed', customer: { name: '甲公司', removed: true } },
  { why: 'without an identity', customer: {} },
  { why: 'matched to another company', customer: { name: '乙公司', companies: ['k2'] } },
  { why: 'known by a part of the name', customer: { name: '甲' } },
])('a customer who is $why is not found', ({ customer }) => {
  const record = changeRecord({ corpKeyNo: 'k1', corpName: '甲公司', creditCode: null });
  expect(indexOf(customer).match(record)).toEqual([]);
});

test('the latest load of a customer counts in whatever order messages arrive, and within a load the last message', () => {
  const loads = [
    member({ name: '甲公司', loadedAt: 1 }),
    member({ removed: true, loadedAt: 2 }),
    member({ name: '乙公司', loadedAt: 3 }),
    member({ name: '乙公司', loadedAt: 3, companies: ['k1'], matchedBy: 'NAME' }),
  ];
  for (const order of [loads, [loads[2]!, loads[3]!, loads[0]!, loads[1]!]]) {
    const index = createPortfolioIndex();
    for (const load of order) index.apply(load);
    const found = (corpName: string, corpKeyNo = 'k9') => index.match(changeRecord({ corpName, corpKeyNo })).length;
    expect([found('甲公司'), found('乙公司'), found('丙公司', 'k1'), index.size]).toEqual([0, 1, 1, 1]);
  }
});

test('an erased customer is forgotten', () => {
  const index = indexOf({ name: '甲公司', companies: ['k1'] }, { name: '乙公司' });
  index.forget({ account: 'main', portfolio: 'default', member: 'm0' });
  index.forget({ account: 'main', portfolio: 'default', member: 'nobody' });
  expect(index.match(changeRecord({ corpKeyNo: 'k1', corpName: '甲公司' }))).toEqual([]);
  expect(index.size).toBe(1);
});
