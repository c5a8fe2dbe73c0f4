import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { normalizeCode } from 'qcc-portfolio/credit-code';
import { normalizeName } from 'qcc-portfolio/match-members';
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
    (rule.companies === undefined || hasCompany(identitiesOf(rule.companies), record)) &&
    (rule.portfolio === undefined || portfolios.has(rule.portfolio, record));
  if (!fits) return 'doesNotFit';
  return rule.amount === undefined ? 'fits' : matchAmount(rule.amount, enriched);
}

type Identities = { keyNos: ReadonlySet<string>; codes: ReadonlySet<string>; names: ReadonlySet<string> };

/** By the list of a rule: a list may be long, and is compared with each change. */
const identities = new WeakMap<readonly string[], Identities>();

function identitiesOf(companies: readonly string[]): Identities {
  const known = identities.get(companies);
  if (known) return known;
  const made = {
    keyNos: new Set(companies),
    codes: new Set(companies.map(normalizeCode)),
    names: new Set(companies.map(normalizeName)),
  };
  identities.set(companies, made);
  return made;
}

const hasCompany = (
  { keyNos, codes, names }: Identities,
  { corpKeyNo, creditCode, corpName }: EnrichedRecord['record'],
): boolean =>
  keyNos.has(corpKeyNo) ||
  (creditCode !== null && creditCode !== '' && codes.has(normalizeCode(creditCode))) ||
  (corpName !== null && corpName !== '' && names.has(normalizeName(corpName)));

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
