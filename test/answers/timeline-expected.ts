/** Computes the expected story of a company, only from the truth. */
import type { SeasonTruth } from 'qcc-simulator/lives/season-truth';
import { type Answer, countUp, detailStatus, endOf, key, stated } from './expected.ts';
import { typeName } from './type-names.ts';

/** `reference` is the id of a change or case, and empty for a list. `day` of a removal is that of `endOf`. */
export type TimelineEvent = { event: string; reference: string; day: string; means: string };

/** The events of a company: its cases, the changes that no spell or case reports, and the beginnings and ends of its spells. */
export function timelineEvents(truth: SeasonTruth, corpKeyNo: string): TimelineEvent[] {
  const company = truth.companies.find((each) => each.corpKeyNo === corpKeyNo)!;
  const changes = company.changes.filter(({ type, occurrences }) => {
    const first = occurrences[0]!;
    if (type === '2' || type === '10') return first.direction === null;
    return type !== '11' || detailStatus(first) !== 'ENRICHED';
  });
  const published = new Map(truth.cases.map(({ id, publicDate }) => [id, publicDate]));
  const spells = company.spells.flatMap((spell): TimelineEvent[] => {
    const known = stated(spell);
    if (known === null) return [];
    const list = spell.type === '2' ? '经营异常' : '严重违法';
    const beginning = { event: `列入${list}`, reference: '', day: known.since, means: '列入日期' };
    if (known.until === null) return [beginning];
    const day = endOf({ ...spell, until: known.until });
    return [beginning, { event: `移出${list}`, reference: '', day, means: '移出日期' }];
  });
  return [
    ...changes.map(({ id, type, day, occurrences }) => {
      const dated =
        type === '1' ? { day, means: '吊销或注销日期' } : { day: occurrences[0]!.changeDate, means: '更新日期' };
      return { event: typeName(type), reference: id, ...dated };
    }),
    ...company.cases.map((id) => ({ event: '失信案件', reference: id, day: published.get(id)!, means: '发布日期' })),
    ...spells,
  ];
}

/** Returns a function that finds the key of an event: its reference, or its name and its number among equal events of a list. */
export function eventKeys(): (event: Pick<TimelineEvent, 'event' | 'reference'>) => string {
  const nth = countUp();
  return ({ event, reference }) => (reference === '' ? key(event, nth(event)) : reference);
}

/** For each event of a company: its name, its day and the meaning of that day. */
export function timeline(truth: SeasonTruth, corpKeyNo: string): Answer {
  const keyOf = eventKeys();
  return new Map(timelineEvents(truth, corpKeyNo).map((each) => [keyOf(each), key(each.day, each.means, each.event)]));
}
