import type { DebtorRow } from '../details.ts';
import { statusAt } from './cases.ts';
import { type Occurrence, type Pushed, pushedIn } from './occurrence.ts';
import { listedFacts } from './push-details.ts';

/** A response that has a case in its list. */
export type CaseReport = Pushed & { corpKeyNo: string; changeId: string; executeStatus: string };

type Reported = {
  /** corpKeyNo of each company whose list has the case. */
  companies: string[];
  /** The newest last. */
  reports: CaseReport[];
};

/** A 失信 case with the values of the report that was pushed last; field names of the document (6.2.9). */
export type CaseTruth = DebtorRow & Reported;

/** The cases that the details of these records have, each once. `occurrences` come with the newest last. */
export function casesOf(occurrences: Iterable<Occurrence>): CaseTruth[] {
  const cases = new Map<string, CaseTruth>();
  for (const occurrence of occurrences) {
    const { push, population } = occurrence;
    const { change, slot } = push;
    const { corpKeyNo } = change.life.company;
    for (const { case: listed } of listedFacts(push).cases) {
      const executeStatus = statusAt(listed, population.calendar.pushedAt[slot]!);
      const { companies, reports }: Reported = cases.get(listed.row.id) ?? { companies: [], reports: [] };
      if (!companies.includes(corpKeyNo)) companies.push(corpKeyNo);
      reports.push({ corpKeyNo, changeId: change.id, ...pushedIn(occurrence), executeStatus });
      cases.set(listed.row.id, { ...listed.row, executeStatus, companies, reports });
    }
  }
  return [...cases.values()];
}
