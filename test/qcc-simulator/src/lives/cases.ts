import { type DebtorRow, debtorRow } from '../details.ts';
import { type Random, randomOf } from '../random.ts';
import { DAY_MS, parseTime, shanghaiDay } from '../shanghai.ts';
import type { Region } from '../vocabulary.ts';
import { BEFORE_SEASON, type Calendar } from './calendar.ts';
import { countOf, type Draft, differentDays, type StoryDeps } from './story.ts';

/** A 失信 case. Its id is the same in the lists of all its debtors. */
export type Case = {
  /** The row as it was published. */
  row: DebtorRow;
  /** 履行情况 and from when it holds, the oldest first; in milliseconds since 1970. */
  statuses: readonly { from: number; status: string }[];
};

/** A case in a company's list, from this slot on. */
export type ListedCase = { case: Case; announcedIn: number };

export type CaseStory = { cases: ListedCase[]; drafts: Draft[] };

const STATUSES = ['全部未履行', '部分未履行', '全部已履行'] as const;

function newCase(random: Random, region: Region, filedAt: number): Case {
  const row = debtorRow(random, { region, filedAt });
  let from = parseTime(row.publicDate);
  const statuses = [{ from, status: STATUSES[0] as string }];
  for (const status of STATUSES.slice(1)) {
    from += random.int(5, 60) * DAY_MS;
    if (random.chance(0.6)) statuses.push({ from, status });
    else break;
  }
  return { row, statuses };
}

/** The cases that both companies of a pair owe together. Both get the same cases, in separate objects. */
export function jointCases(
  seed: string,
  { pair, region, calendar, quarters }: { pair: number; region: Region; calendar: Calendar; quarters: number },
): Case[] {
  const random = randomOf(seed, 'joint', pair);
  const count = random.chance(0.12) ? random.int(1, 3) * Math.ceil(quarters) : 0;
  return Array.from({ length: count }, () => {
    const filedOn = random.int(-60, calendar.days - 15);
    return newCase(random, region, calendar.instantOn(filedOn, random));
  });
}

/** How long before the push of a new case its court filed it: it is published 10 to 50 days later. */
const FILED_DAYS_BEFORE = [52, 70] as const;

/**
 * A debtor's cases: those from before the season (one debtor in seven has more than 20), then new ones, some on each of a
 * few days. Each debtor of a joint case gets it on a separate day, 2 to 25 days after it was published.
 */
export function caseStory(
  { random, company, calendar, until, quarters }: StoryDeps,
  joint: readonly Case[],
): CaseStory {
  const isDebtor = until > 0 && random.chance(Math.min(0.9, 0.32 * quarters));
  const cases: ListedCase[] = [];
  const newOnes = new Map<number, Case[]>();
  const filed = (day: number) => newCase(random, company.region, calendar.instantOn(day, random));

  if (isDebtor) {
    const earlier = random.chance(0.15) ? random.int(21, 50) : random.int(0, 3);
    for (let count = 0; count < earlier; count += 1) {
      cases.push({ case: filed(-random.int(60, 1_500)), announcedIn: BEFORE_SEASON });
    }
    for (const day of differentDays(random, 1 + countOf(random, 1.4 * quarters), until)) {
      const filedOn = () => filed(day - random.int(...FILED_DAYS_BEFORE));
      newOnes.set(day, Array.from({ length: random.int(1, 4) }, filedOn));
    }
  }
  for (const shared of joint) {
    const published = Math.round((parseTime(shared.row.publicDate) - calendar.start) / DAY_MS);
    const day = published + random.int(2, 25);
    if (day >= 0 && day < until) newOnes.set(day, [...(newOnes.get(day) ?? []), shared]);
  }
  const drafts: Draft[] = [];
  for (const [day, announced] of [...newOnes].sort(([a], [b]) => a - b)) {
    const slot = calendar.slotOn(day, random);
    cases.push(...announced.map((one) => ({ case: one, announcedIn: slot })));
    const newest = Math.max(...announced.map(({ row }) => parseTime(row.publicDate)));
    drafts.push({ type: '11', news: { kind: 'cases', cases: announced }, happenedAt: newest, slot });
  }
  return { cases, drafts };
}

/** Rows of getShiXinList (6.2.9): each case as it stood at an instant, in milliseconds since 1970. */
export function caseRows(cases: readonly ListedCase[], instantMs: number): DebtorRow[] {
  return cases.map(({ case: listed }) => ({ ...listed.row, executeStatus: statusAt(listed, instantMs) }));
}

export function statusAt({ statuses }: Case, instantMs: number): string {
  return (statuses.findLast(({ from }) => from <= instantMs) ?? statuses[0]!).status;
}

/** 最新发布时间: the newest 发布日期 in a company's list at a slot (6.2.6). */
export function newestPublication(cases: readonly ListedCase[], slot: number): string {
  const listed = cases.filter(({ announcedIn }) => announcedIn <= slot);
  return shanghaiDay(Math.max(...listed.map(({ case: { row } }) => parseTime(row.publicDate))));
}
