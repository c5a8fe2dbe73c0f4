/** Computes the expected answers about customers, only from the truth and the customers' file. */
import type { ChangeTruth, CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Customer } from './customers.ts';
import { type Answer, answerOf, currentRisks, key, riskState, THREE_LEFT_OUT } from './expected.ts';
import type { Mask } from './mask.ts';
import type { Told } from './masked-content.ts';
import { type Matched, needsCheck } from './matching.ts';

const customerName = (mask: Mask, { customer, companies }: Matched): string =>
  mask(customer, customer.name, companies.length === 1 ? companies[0]!.corpKeyNo : null);

/** What a reader sees of names and texts. */
type Sight = { mask: Mask; contentOf(told: Told): string };

/** For each customer, company and change: type, direction, day, whether a person must check the match, and name and text as pushed. */
export const newHighRisks = (matched: readonly Matched[], { mask, contentOf }: Sight, from: string): Answer =>
  answerOf(
    matched.flatMap((each) =>
      each.companies.flatMap((company) =>
        company.changes
          .filter((change) => isHighRisk(change) && dayOf(change) >= from)
          .map((change): [string, string] => {
            const { direction, corpName, text } = change.occurrences[0]!;
            const { type } = change;
            const seen = key(mask(company, corpName, company.corpKeyNo), contentOf({ type, company, text }));
            return [
              key(customerName(mask, each), company.corpKeyNo, change.id),
              key(type, direction, dayOf(change), needsCheck(each, company), seen),
            ];
          }),
      ),
    ),
  );

const isHighRisk = ({ occurrences }: ChangeTruth): boolean => occurrences[0]!.category === '1';
const dayOf = ({ firstPushed }: ChangeTruth): string => firstPushed.pushDate.slice(0, 10);

/**
 * Returns a row for each customer, company and kind of match, because a bank may know a company twice. For companies in `uncertain`, the
 * risk state and the lists are left out.
 */
export function customerStates(
  truth: SeasonTruth,
  matched: readonly Matched[],
  { mask, uncertain, codeOf }: { mask: Mask; uncertain: ReadonlySet<string>; codeOf(customer: Customer): string },
): Answer {
  const risksOf = currentRisks(truth);
  const stateOf = (company: CompanyTruth): string => {
    const { corpKeyNo, corpName, changes } = company;
    const risks = risksOf(company);
    const pushed = changes.flatMap(({ occurrences }) => occurrences.map(({ pushDate }) => pushDate.slice(0, 10)));
    const lists = uncertain.has(corpKeyNo)
      ? THREE_LEFT_OUT
      : key(riskState(company, risks), risks.abnormal, risks.violation);
    return key(mask(company, corpName, corpKeyNo), lists, risks.unpaid, pushed.sort().at(-1));
  };
  return answerOf(
    matched.flatMap((each): [string, string][] => {
      const { customer, matchedBy, companies } = each;
      const code = codeOf(customer);
      const name = customerName(mask, each);
      if (companies.length === 0)
        return [[key(name, '', ''), key(code, 'NEVER_IN_FEED', false, NOT_BEING_FILLED, NOTHING)]];
      const feedState = companies.length > 1 ? 'AMBIGUOUS' : 'MATCHED';
      return companies.map((company) => [
        key(name, company.corpKeyNo, matchedBy),
        key(code, feedState, needsCheck(each, company), NOT_BEING_FILLED, stateOf(company)),
      ]);
    }),
  );
}

/** The state of a customer that was never in the feed. */
/** The portfolio was loaded long before anybody asks. */
const NOT_BEING_FILLED = false;
const NOTHING = key('', key('', '', ''), '', '');
