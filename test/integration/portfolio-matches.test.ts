import fc from 'fast-check';
import { toPortfolioMemberRow } from 'qcc-clickhouse/rows/fact-rows';
import type { PortfolioMember } from 'qcc-core/contract/domain';
import { type CandidateCompany, type MemberIdentity, matchMembers } from 'qcc-portfolio/match-members';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { identityRows, stateRow } from './company-identities.ts';
import { openSinkDatabase, type SinkDatabase } from './sink-database.ts';

const T0 = Date.parse('2026-11-24T10:00:00+08:00');
let db: SinkDatabase;
beforeAll(async () => {
  db = await openSinkDatabase(inject('stack').CLICKHOUSE_URL);
});
afterAll(() => db[Symbol.asyncDispose]());
beforeEach(() => db.empty());

let offset = 0;
const memberRow = (member: Partial<PortfolioMember> & { member: string }): object => {
  offset += 1;
  return toPortfolioMemberRow(
    {
      ...{ account: 'main', portfolio: 'default', creditCode: null, regNo: null, name: null },
      ...{ attributes: {}, loadedAt: T0, removed: false, companies: [], matchedBy: null },
      ...member,
    },
    { topic: 'portfolio', partition: 0, offset: String(offset), timestamp: String(T0) },
  );
};
const insertCompanies = async (companies: readonly CandidateCompany[], account = 'main') => {
  await db.insert(
    'company_identities',
    companies.flatMap((company) => identityRows(account, company)),
  );
  await db.insert(
    'company_states',
    companies.map((company) => stateRow(account, company)),
  );
};

type MatchRow = {
  member: string;
  corp_key_no: string;
  matched_by: string;
  is_ambiguous: boolean;
  has_other_credit_code: boolean;
};
const matches = () =>
  db.rows<MatchRow>(
    `SELECT member, corp_key_no, matched_by, is_ambiguous, has_other_credit_code
     FROM {{db}}.portfolio_matches ORDER BY member, corp_key_no`,
  );

const IS_WHOLE = process.env.TEST_FORM === 'whole';

it('the view and the code match the same customers to the same companies', async () => {
  // Few of each, so that they meet.
  const name = fc.constantFrom('甲（集团）公司', '甲(集团) 公司', '乙公司', 'Ｃ公司', 'C公司', '丁');
  const code = fc.constantFrom('91440300708461136T', '91110108MA0000000A', '92110108MA00000007');
  const number = fc.constantFrom('440301103097413', '110108000000001');
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 1 });
  const company = fc.record({
    currentName: maybe(name),
    names: fc.array(fc.record({ name, lastSeen: fc.constant(1) }), { maxLength: 2 }),
    creditCodes: fc.uniqueArray(code, { maxLength: 1 }),
    regNos: fc.uniqueArray(number, { maxLength: 1 }),
  });
  const member = fc.record({ creditCode: maybe(code), regNo: maybe(number), name: maybe(name) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(company, { minLength: 1, maxLength: 5 }),
      fc.array(member, { minLength: 1, maxLength: 6 }),
      async (given, wanted) => {
        await db.empty();
        const companies: CandidateCompany[] = given.map((each, at) => ({ corpKeyNo: `k${at}`, ...each }));
        const members: MemberIdentity[] = wanted.map((each, at) => ({ member: `m${at}`, ...each }));
        await insertCompanies(companies);
        await db.insert('portfolio_members', members.map(memberRow));
        const expected = matchMembers(members, companies).flatMap((match): MatchRow[] => {
          const { member, kind } = match;
          if (kind === 'NEVER_IN_FEED') return [];
          const { matchedBy: matched_by } = match;
          if (kind === 'MATCHED') {
            const { corpKeyNo: corp_key_no, hasOtherCreditCode: has_other_credit_code } = match;
            return [{ member, corp_key_no, matched_by, is_ambiguous: false, has_other_credit_code }];
          }
          return match.candidates.map((corp_key_no) => ({
            ...{ member, corp_key_no, matched_by, is_ambiguous: true },
            has_other_credit_code: expect.any(Boolean),
          }));
        });
        expect(await matches()).toEqual(expected);
      },
    ),
    { seed: 20_261_128, numRuns: IS_WHOLE ? 40 : 10 },
  );
});

it('the view knows neither removed customers nor the companies of another account', async () => {
  const company = { corpKeyNo: 'k1', currentName: '甲公司', names: [], creditCodes: [], regNos: [] };
  await insertCompanies([company]);
  await insertCompanies([{ ...company, corpKeyNo: 'k2', currentName: '乙公司' }], 'other');
  const members = ['甲公司', '乙公司'].map((name) => ({ member: name, name }));
  await db.insert('portfolio_members', members.map(memberRow));
  expect((await matches()).map(({ member, corp_key_no }) => [member, corp_key_no])).toEqual([['甲公司', 'k1']]);
  await db.insert('portfolio_members', [memberRow({ member: '甲公司', loadedAt: T0 + 1, removed: true })]);
  expect(await matches()).toEqual([]);
  // An old message that comes again changes nothing.
  await db.insert('portfolio_members', [memberRow({ member: '甲公司', name: '甲公司' })]);
  expect(await matches()).toEqual([]);
});

it('the masked views let no name or code of a person through', async () => {
  await insertCompanies([
    { corpKeyNo: 'shop', currentName: '张三服装店', names: [], creditCodes: ['92110108MA00000007'], regNos: [] },
    { corpKeyNo: 'firm', currentName: '示例有限公司', names: [], creditCodes: ['91440300708461136T'], regNos: [] },
    { corpKeyNo: 'stall', currentName: '赵六小吃店', names: [], creditCodes: ['92110108MA00000015'], regNos: [] },
  ]);
  await db.insert('portfolio_members', [
    memberRow({
      ...{ member: '92110108MA00000007', creditCode: '92110108MA00000007', name: '张三服装店' },
      attributes: { 联系人: '李四' },
    }),
    memberRow({
      ...{ member: '91440300708461136T', creditCode: '91440300708461136T', name: '示例有限公司' },
      regNo: '440301103097413',
    }),
    memberRow({ member: '王五', name: '王五' }),
    // Its code is a company's, but only its name is in the feed, and there it is a sole trader's.
    memberRow({ member: '91110108MA0000000A', creditCode: '91110108MA0000000A', name: '赵六小吃店' }),
  ]);
  const shown = await db.rows(
    'SELECT corp_name, is_sole_trader, credit_code, reg_no FROM {{db}}.portfolio_members_masked ORDER BY corp_name',
  );
  expect(shown.map(Object.values)).toEqual([
    ['张※', true, null, null],
    ['王※', true, null, null],
    ['示例有限公司', false, '91440300708461136T', '440301103097413'],
    ['赵六小吃店', false, '91110108MA0000000A', null],
  ]);
  const matched = await db.rows(
    'SELECT corp_name, corp_key_no, matched_by FROM {{db}}.portfolio_matches_masked ORDER BY corp_key_no',
  );
  expect(matched.map(Object.values)).toEqual([
    ['示例有限公司', 'firm', 'CREDIT_CODE'],
    ['张※', 'shop', 'CREDIT_CODE'],
    ['赵※', 'stall', 'NAME'],
  ]);
  for (const view of ['portfolio_members_masked', 'portfolio_matches_masked']) {
    expect(JSON.stringify(await db.rows(`SELECT * FROM {{db}}.${view}`))).not.toMatch(/张三|李四|王五|MA00000007/);
  }
});
