import { expect, test } from 'vitest';
import { type CandidateCompany, type MemberIdentity, matchMembers } from './match-members.ts';

const company = (corpKeyNo: string, rest: Partial<CandidateCompany> = {}): CandidateCompany => ({
  corpKeyNo,
  currentName: null,
  names: [],
  creditCodes: [],
  regNos: [],
  ...rest,
});
const member = (rest: Partial<MemberIdentity>): MemberIdentity => ({
  member: 'm',
  creditCode: null,
  regNo: null,
  name: null,
  ...rest,
});

const COMPANIES = [
  company('by-code', { creditCodes: ['91440300708461136T'], currentName: '深圳示例（集团）有限公司' }),
  company('by-number', { regNos: ['440301103097413'], currentName: '数字公司' }),
  company('renamed', {
    currentName: '新名公司',
    names: [
      { name: '旧名公司', lastSeen: 1 },
      { name: '新名公司', lastSeen: 2 },
    ],
  }),
  company('twin-1', { currentName: '同名公司', creditCodes: ['913100006073300000'] }),
  company('twin-2', { currentName: '同名公司' }),
  company('takes-old-name', { currentName: '让出的名称' }),
  company('gave-name-away', { currentName: '改名后', names: [{ name: '让出的名称', lastSeen: 1 }] }),
];

test.each<[string, Partial<MemberIdentity>, object]>([
  ['its code', { creditCode: '91440300708461136T' }, { corpKeyNo: 'by-code', matchedBy: 'CREDIT_CODE' }],
  ['its code, whatever its name', { creditCode: '91440300708461136t', name: '新名公司' }, { corpKeyNo: 'by-code' }],
  [
    'its number, if its code is not in the feed',
    { creditCode: '91110108MA0000000A', regNo: '440301103097413', name: '新名公司' },
    { corpKeyNo: 'by-number', matchedBy: 'REG_NO', hasOtherCreditCode: false },
  ],
  ['its name', { name: '新名公司' }, { corpKeyNo: 'renamed', matchedBy: 'NAME' }],
  ['its name with other brackets and blanks', { name: '深圳 示例(集团)有限公司' }, { corpKeyNo: 'by-code' }],
  ['a former name', { name: '旧名公司' }, { corpKeyNo: 'renamed', matchedBy: 'FORMER_NAME' }],
  [
    'a name that another company had before',
    { name: '让出的名称' },
    { corpKeyNo: 'takes-old-name', matchedBy: 'NAME' },
  ],
  [
    'its name, although the company has another code',
    { creditCode: '91110108MA0000000A', name: '深圳示例（集团）有限公司' },
    { corpKeyNo: 'by-code', matchedBy: 'NAME', hasOtherCreditCode: true },
  ],
])('a customer is matched by %s', (_, given, expected) => {
  expect(matchMembers([member(given)], COMPANIES)).toEqual([
    expect.objectContaining({ member: 'm', kind: 'MATCHED', ...expected }),
  ]);
});

test('a name that several companies have is ambiguous', () => {
  expect(matchMembers([member({ name: '同名公司' })], COMPANIES)).toEqual([
    { member: 'm', kind: 'AMBIGUOUS', matchedBy: 'NAME', candidates: ['twin-1', 'twin-2'] },
  ]);
});

test.each<[string, Partial<MemberIdentity>]>([
  ['nobody knows', { creditCode: '91110108MA0000000A', regNo: '1', name: '别处公司' }],
  ['has nothing but blanks', { creditCode: ' ', regNo: '', name: ' ' }],
])('a customer that %s is never in the feed', (_, given) => {
  expect(matchMembers([member(given)], COMPANIES)).toEqual([{ member: 'm', kind: 'NEVER_IN_FEED' }]);
});
