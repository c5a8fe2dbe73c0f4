import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { normalizeCode } from 'qcc-portfolio/credit-code';
import { normalizeName } from 'qcc-portfolio/normalize-name';
import { sumAmounts } from '../message/alert.ts';
import type { Rule } from '../rules/rules-schema.ts';
import type { Direction } from './direction.ts';
import type { Portfolios } from './portfolios.ts';

/** `waits`: the rule needs details that are not settled yet. */
export type RuleMatch = 'fits' | 'doesNotFit' | 'waits';

/** Whether a version of a change fits a rule. All conditions have to hold. */
export function matchRule(
  rule: Rule,
  { enriched, direction }: { enriched: EnrichedRecord; direction: Direction | null },
  portfolios: Pick<Portfolios, 'has'>,
): RuleMatch {
  const { record } = enriched;
  const fits =
    (rule.types?.includes(record.type) ?? true) &&
    (rule.categories === undefined || (record.category !== null && rule.categories.includes(record.category))) &&
    (rule.directions === undefined || (direction !== null && rule.directions.includes(direction))) &&
    (rule.companies?.some((company) => isCompany(company, record)) ?? true) &&
    (rule.portfolio === undefined || portfolios.has(rule.portfolio, record));
  if (!fits) return 'doesNotFit';
  return rule.amount === undefined ? 'fits' : matchAmount(rule.amount, enriched);
}

const isCompany = (company: string, { corpKeyNo, creditCode, corpName }: EnrichedRecord['record']): boolean =>
  company === corpKeyNo ||
  (creditCode !== null && creditCode !== '' && normalizeCode(company) === normalizeCode(creditCode)) ||
  (corpName !== null && corpName !== '' && normalizeName(company) === normalizeName(corpName));

/** Only 失信被执行人 have an amount. A team would rather see a case whose amount is not known than miss it. */
function matchAmount({ min, max }: NonNullable<Rule['amount']>, enriched: EnrichedRecord): RuleMatch {
  if (enriched.record.type !== '11') return 'doesNotFit';
  if (enriched.detailStatus === 'PENDING') return 'waits';
  const sum = sumAmounts(enriched);
  if (sum === null) return 'fits';
  const yuan = Number(sum.cents) / 100;
  if (max !== undefined && yuan > max) return 'doesNotFit';
  return min === undefined || yuan >= min || !sum.isWhole ? 'fits' : 'doesNotFit';
}
