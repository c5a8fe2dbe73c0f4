/** Computes the expected answers about customers, only from the truth and the customers' file. */
import type { ChangeTruth, CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { type Answer, answerOf, key, onListNow, unpaidCaseCounts } from './expected.ts';
import type { Mask } from './mask.ts';
import { type Matched, needsCheck } from './matching.ts';

const customerName = (mask: Mask, { customer, companies }: Matched): string =>
  mask(customer, customer.name, companies.length === 1 ? companies[0]!.corpKeyNo : null);

/** For each customer, company and change: type, direction, day, and whether a person must check the match. */
export const newHighRisks = (matched: readonly Matched[], mask: Mask, from: string): Answer =>
  answerOf(
    matched.flatMap((each) =>
      each.companies.flatMap((company) =>
        company.changes
          .filter((change) => isHighRisk(change) && dayOf(change) >= from)
          .map((change): [string, string] => [
            key(customerName(mask, each), company.corpKeyNo, change.id),
            key(change.type, change.occurrences[0]!.direction, dayOf(change), needsCheck(each, company)),
          ]),
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
  { mask, uncertain }: { mask: Mask; uncertain: ReadonlySet<string> },
): Answer {
  const abnormal = onListNow(truth, '2');
  const violation = onListNow(truth, '10');
  const unpaid = unpaidCaseCounts(truth);
  const stateOf = (company: CompanyTruth): string => {
    const { corpKeyNo, corpName, revoked, changes } = company;
    const since = [abnormal, violation].map((list) => list.get(corpKeyNo) ?? '');
    const cases = unpaid.get(corpKeyNo) ?? 0;
    const risks: [boolean, string][] = [
      [revoked !== null, '吊销或注销'],
      [since[1] !== '', '严重违法'],
      [cases > 0, '失信被执行人'],
      [since[0] !== '', '经营异常'],
      [changes.some(({ type, direction }) => type === '15' && direction === '列入'), '假冒国企'],
    ];
    const risk = risks.find(([is]) => is)?.[1] ?? '未见在列信息';
    const pushed = changes.flatMap(({ occurrences }) => occurrences.map(({ pushDate }) => pushDate.slice(0, 10)));
    const lists = uncertain.has(corpKeyNo) ? LEFT_OUT : key(risk, ...since);
    return key(mask(company, corpName, corpKeyNo), lists, cases, pushed.sort().at(-1));
  };
  return answerOf(
    matched.flatMap((each): [string, string][] => {
      const { matchedBy, companies } = each;
      const name = customerName(mask, each);
      if (companies.length === 0) return [[key(name, '', ''), key('NEVER_IN_FEED', false, NOTHING)]];
      const feedState = companies.length > 1 ? 'AMBIGUOUS' : 'MATCHED';
      return companies.map((company) => [
        key(name, company.corpKeyNo, matchedBy),
        key(feedState, needsCheck(each, company), stateOf(company)),
      ]);
    }),
  );
}

export const LEFT_OUT = 'left out';
/** The state of a customer that was never in the feed. */
const NOTHING = key('', key('', '', ''), '', '');
