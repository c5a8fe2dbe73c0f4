/** Finds the companies of the feed that match a customer, only from the truth. */
import type { CompanyTruth, SeasonTruth } from 'qcc-simulator/lives/season-truth';
import type { Customer } from './customers.ts';

export type MatchedBy = 'CREDIT_CODE' | 'REG_NO' | 'NAME' | 'FORMER_NAME';

/** One company is a match, and several are ambiguous. If there are none, the customer was never in the feed. */
export type Matched = { customer: Customer; matchedBy: MatchedBy | null; companies: CompanyTruth[] };

/** True if a person must check the match: several companies match, or the company has another credit code than the customer. */
export const needsCheck = ({ customer, companies, matchedBy }: Matched, company: CompanyTruth): boolean =>
  companies.length > 1 ||
  (matchedBy !== 'CREDIT_CODE' &&
    customer.creditCode !== '' &&
    company.creditCode !== null &&
    !company.hasWrongCheckDigit &&
    company.creditCode !== customer.creditCode);

/** A code with a wrong check digit matches no company. The first kind that finds a company decides. Equal lines are one customer. */
export function matchCustomers({ companies }: SeasonTruth, customers: readonly Customer[]): Matched[] {
  const known = companies.map((company) => {
    const { creditCode, hasWrongCheckDigit, regNo, corpName, formerNames, changes } = company;
    const names = [
      ...formerNames.map(({ name }) => name),
      ...changes.flatMap(({ occurrences }) => occurrences.map((occurrence) => occurrence.corpName)),
    ];
    return {
      company,
      CREDIT_CODE: hasWrongCheckDigit || creditCode === null ? [] : [creditCode],
      REG_NO: regNo === null ? [] : [regNo],
      NAME: [corpName],
      FORMER_NAME: names.filter((name) => name !== corpName),
    };
  });
  const distinct = new Map(customers.map((each) => [JSON.stringify([each.creditCode, each.regNo, each.name]), each]));
  return [...distinct.values()].map((customer) => {
    const { creditCode, regNo, name } = customer;
    const wanted = { CREDIT_CODE: creditCode, REG_NO: regNo, NAME: name, FORMER_NAME: name };
    for (const [kind, value] of Object.entries(wanted) as [MatchedBy, string][]) {
      const found = value === '' ? [] : known.filter((each) => each[kind].includes(value));
      if (found.length > 0) return { customer, matchedBy: kind, companies: found.map(({ company }) => company) };
    }
    return { customer, matchedBy: null, companies: [] };
  });
}
