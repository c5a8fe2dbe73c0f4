import { type Details, detailEndpoint } from '../details.ts';
import { caseRows, type ListedCase } from './cases.ts';
import type { Population, Push } from './life.ts';
import { type ListEntry, listedEntries, listRow } from './lists.ts';

/** The company's whole list behind a push, as QCC had it then; nothing where QCC gives no details. */
export type ListedFacts = { entries: readonly ListEntry[]; cases: readonly ListedCase[] };

const NOTHING: ListedFacts = { entries: [], cases: [] };

export function listedFacts({ change, slot, details }: Push): ListedFacts {
  if (details !== 'list') return NOTHING;
  const { news, life } = change;
  switch (news.kind) {
    case 'entry':
    case 'exit':
      return { entries: listedEntries(life.entries, news.entry.type, slot), cases: [] };
    case 'cases':
      return { entries: [], cases: life.cases.filter(({ announcedIn }) => announcedIn <= slot) };
    default:
      return NOTHING;
  }
}

/** Null where there is nothing to ask: another type, or no checkId. Without rows QCC answers 201. */
export function detailsOfPush({ calendar }: Population, push: Push): Details | null {
  const endpoint = detailEndpoint(push.change.type);
  if (endpoint === undefined || push.details === 'no-check-id') return null;
  const { entries, cases } = listedFacts(push);
  const entryRows = entries.map((entry) => listRow(entry, push.slot));
  return { endpoint, rows: [...entryRows, ...caseRows(cases, calendar.pushedAt[push.slot]!)] };
}
