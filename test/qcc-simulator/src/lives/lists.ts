import { districtOffice, provinceOffice } from '../companies.ts';
import type { DetailRow } from '../details.ts';
import { shanghaiDay } from '../shanghai.ts';
import { EXCEPTION_REASONS, REMOVAL_REASONS, VIOLATION_REASONS } from '../vocabulary.ts';
import { BEFORE_SEASON } from './calendar.ts';
import type { Draft, StoryDeps } from './story.ts';

export const LIST_TYPES = ['2', '10'] as const;
export type ListType = (typeof LIST_TYPES)[number];

/** One entry of a company on the list of 经营异常 (2) or 严重违法 (10). Instants are in milliseconds since 1970. */
export type ListEntry = {
  type: ListType;
  addedAt: number;
  reason: string;
  office: string;
  /** The slot from which QCC's list has the entry. */
  announcedIn: number;
  removal: { at: number; reason: string; office: string; announcedIn: number } | null;
};

export type ListStory = { entries: ListEntry[]; drafts: Draft[] };

const KINDS = {
  2: { rate: 0.55, reasons: EXCEPTION_REASONS, office: districtOffice },
  10: { rate: 0.2, reasons: VIOLATION_REASONS, office: provinceOffice },
} as const;

const NEVER: ListStory = { entries: [], drafts: [] };

/**
 * A company's way on and off a list: one spell after another, the first perhaps from before the season. In one spell in
 * five a second entry overlaps the first. An exit is pushed on a later day than its entry and happened on a later day.
 */
export function listStory({ random, company, calendar, until, quarters }: StoryDeps, type: ListType): ListStory {
  const { rate, reasons, office } = KINDS[type];
  if (until < 1 || !random.chance(Math.min(0.95, rate * quarters))) return NEVER;
  const entries: ListEntry[] = [];
  const drafts: Draft[] = [];
  const isUnclear = () => random.chance(0.005);

  function enter(pushDay: number, lagDays: number, besides?: ListEntry): ListEntry {
    const entry: ListEntry = {
      type,
      addedAt: calendar.instantOn(pushDay - lagDays, random),
      reason: random.pick(reasons.filter((reason) => reason !== besides?.reason)),
      office: office(company.region),
      announcedIn: pushDay < 0 ? BEFORE_SEASON : calendar.slotOn(pushDay, random),
      removal: null,
    };
    entries.push(entry);
    if (pushDay >= 0) {
      const news = { kind: 'entry', entry, isUnclear: isUnclear() } as const;
      drafts.push({ type, news, happenedAt: entry.addedAt, slot: entry.announcedIn });
    }
    return entry;
  }

  /** False if the season or the company ends before. Some exits have no change: the entry's id comes again instead. */
  function leave(entry: ListEntry, pushDay: number): boolean {
    if (pushDay >= until) return false;
    const slot = calendar.slotOn(pushDay, random);
    const at = calendar.instantOn(pushDay - random.int(1, 3), random);
    entry.removal = { at, reason: random.pick(REMOVAL_REASONS), office: entry.office, announcedIn: slot };
    const draft = drafts.find(({ news }) => news.kind === 'entry' && news.entry === entry);
    if (draft && random.chance(0.08)) draft.correctedIn = slot;
    else drafts.push({ type, news: { kind: 'exit', entry, isUnclear: isUnclear() }, happenedAt: at, slot });
    return true;
  }

  let day = random.chance(0.2) ? -random.int(10, 200) : random.int(0, until - 1);
  let entry = enter(day, random.int(2, 20));
  for (;;) {
    const afterEntry = Math.max(day, 0);
    if (random.chance(0.2)) {
      const gap = random.int(1, 12);
      const secondDay = afterEntry + gap;
      if (secondDay >= until) break;
      const second = enter(secondDay, random.int(1, gap), entry);
      const [first, last] = random.chance(0.5) ? [entry, second] : [second, entry];
      const firstExit = secondDay + random.int(3, 40);
      if (leave(first, firstExit) && random.chance(0.3)) leave(last, firstExit + random.int(3, 30));
      break;
    }
    const exitDay = afterEntry + random.int(day < 0 ? 0 : 3, 45);
    if (!random.chance(0.65) || !leave(entry, exitDay)) break;
    const gap = random.int(3, 30);
    day = exitDay + gap;
    if (!random.chance(0.4) || day >= until) break;
    entry = enter(day, random.int(1, gap));
  }
  return { entries, drafts };
}

const isListed = (entry: ListEntry, slot: number): boolean => entry.announcedIn <= slot;
export const isRemoved = ({ removal }: ListEntry, slot: number): boolean =>
  removal !== null && removal.announcedIn <= slot;

/** The entries in QCC's list at a slot. The list of type 2 keeps the removed ones; the list of type 10 drops them. */
export function listedEntries(entries: readonly ListEntry[], type: ListType, slot: number): ListEntry[] {
  return entries.filter(
    (entry) => entry.type === type && isListed(entry, slot) && !(type === '10' && isRemoved(entry, slot)),
  );
}

/** An entry as the details of a slot have it (6.2.7, 6.2.8). */
export function listRow(entry: ListEntry, slot: number): DetailRow {
  const { addedAt, reason, office } = entry;
  if (entry.type === '10') return { addDate: shanghaiDay(addedAt), addOffice: office, addReason: reason };
  const removal = isRemoved(entry, slot) ? entry.removal : null;
  return {
    addReason: reason,
    addDate: Math.floor(addedAt / 1_000),
    romoveReason: removal?.reason ?? '',
    removeDate: removal ? Math.floor(removal.at / 1_000) : 0,
    decisionOffice: office,
    removeDecisionOffice: removal?.office ?? '',
  };
}

/** 最新的列入时间: the day of the newest entry so far, removed or not (6.2.6). */
export function newestEntryDay(entries: readonly ListEntry[], type: ListType, slot: number): string {
  const days = entries.filter((entry) => entry.type === type && isListed(entry, slot)).map(({ addedAt }) => addedAt);
  return shanghaiDay(Math.max(...days));
}
