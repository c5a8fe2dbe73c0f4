import { expect, test } from 'vitest';
import type { PortfolioMember } from '../generated/topics.ts';
import { changeRecord } from '../testing/change-record.ts';
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
  ...fields,
});

function indexOf(...members: Partial<PortfolioMember>[]) {
  const index = createPortfolioIndex(['default']);
  members.forEach((fields, at) => {
    index.apply(fields.member ?? `m${at}`, BigInt(at), member({ member: `m${at}`, ...fields }));
  });
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
])('a customer is found by $by', ({ by, customer, record }) => {
  expect(indexOf(customer).match(changeRecord(record))).toEqual([
    { portfolio: 'default', member: 'm0', matchedBy: by, hasOtherCreditCode: false },
  ]);
});

test('a company with the same name and another credit code is marked', () => {
  const [match] = indexOf({ creditCode: CODE, name: '甲公司' }).match(
    changeRecord({ creditCode: '91110108MA0000000A' }),
  );
  expect(match).toMatchObject({ matchedBy: 'NAME', hasOtherCreditCode: true });
});

test.each([
  { why: 'of another account', customer: { name: '甲公司', account: 'other' } },
  { why: 'of another portfolio', customer: { name: '甲公司', portfolio: 'other' } },
  { why: 'removed', customer: { name: '甲公司', removed: true } },
  { why: 'without an identity', customer: {} },
])('a customer who is $why is not found', ({ customer }) => {
  expect(indexOf(customer).match(changeRecord({ corpName: '甲公司', creditCode: null }))).toEqual([]);
});

test('the newest message of a customer counts, also if older ones are read again', () => {
  const index = createPortfolioIndex(['default']);
  const messages: [string, bigint, PortfolioMember | null][] = [
    ['m1', 0n, member({ name: '甲公司' })],
    ['m1', 1n, member({ name: '乙公司' })],
    ['m2', 2n, member({ member: 'm2', name: '甲公司' })],
    ['m2', 3n, null],
  ];
  for (const message of [...messages, ...messages]) index.apply(...message);
  expect(index.match(changeRecord({ corpName: '甲公司' }))).toEqual([]);
  expect(index.match(changeRecord({ corpName: '乙公司' })).map(({ member }) => member)).toEqual(['m1']);
  expect(index.size).toBe(1);
});
