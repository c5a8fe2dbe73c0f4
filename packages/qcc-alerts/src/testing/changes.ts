import type { ChangeRecord, DishonestDebtor, EnrichedRecord } from 'qcc-core/contract/domain';
import { packVersion } from 'qcc-core/contract/version';
import { changeRecord } from 'qcc-core/testing/change-record';
import { RULES_SCHEMA, type Rule } from '../rules/rules-schema.ts';

/** A version of a change, settled unless said. */
export function enrichedRecord(
  record: Partial<ChangeRecord> = {},
  given: Partial<EnrichedRecord> = {},
): EnrichedRecord {
  const change = changeRecord(record);
  const detailStatus = given.detailStatus ?? 'NOT_APPLICABLE';
  return {
    record: change,
    detailStatus,
    detailReason: null,
    detailsFetchedAt: null,
    detailsTotal: given.dishonestDebtors?.length ?? null,
    detailsComplete: null,
    detailsIncompleteReason: null,
    detailsOddRows: 0,
    detailsTruncated: false,
    exceptions: [],
    seriousViolations: [],
    dishonestDebtors: [],
    version: packVersion({ ...change, settled: detailStatus !== 'PENDING', fetchedAt: null }),
    ...given,
  };
}

/** A case that names a person in every field that may. */
export const debtor = (amount: string | null): DishonestDebtor => ({
  id: `case-${amount}`,
  anno: '（2026）京01执1号',
  annoNormalized: '（2026）京01执1号',
  executeGov: '北京市第一中级人民法院',
  executeNo: null,
  executeStatus: '全部未履行',
  actionTypeName: '王小明违反财产报告制度',
  lianDate: null,
  amount,
  amountRaw: amount,
  publicDate: null,
  executeNoNormalized: null,
  lianDateRaw: null,
  publicDateRaw: null,
  extra: '{"法定代表人":"王小明"}',
});

/** A rule as the file has it, read. */
export const ruleOf = (given: object = {}): Rule =>
  RULES_SCHEMA.parse({
    targets: { team: { kind: 'webhook' } },
    rules: [{ name: 'rule', to: ['team'], ...given }],
  }).rules[0]!;
