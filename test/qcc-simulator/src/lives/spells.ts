import { shanghaiDay } from '../shanghai.ts';
import { isRemoved, LIST_TYPES, type ListEntry, type ListType } from './lists.ts';
import { type Occurrence, type Pushed, pushedIn } from './occurrence.ts';
import { listedFacts } from './push-details.ts';
import { announcesExit, type Direction } from './tell.ts';

/** The change that announced an entry or an exit, and its first push. */
export type Announcement = Pushed & {
  id: string;
  /** Null where the text says neither. */
  direction: Direction;
  /** Whether one of its pushes has details with rows. */
  hasDetails: boolean;
};

/** An entry on a list. Days are Shanghai days. */
export type EntryTruth = {
  since: string;
  /** Null while the company is on the list, as far as QCC pushed. For type 10 no response of QCC tells this day. */
  until: string | null;
  reason: string;
  office: string;
  /** Null until the exit is known. QCC tells them for type 2 only. */
  removalReason: string | null;
  removalOffice: string | null;
  /** Null where no delivered change announced it: it is from before the season, or known only from details. */
  entry: Announcement | null;
  exit: Announcement | null;
  /** Whether the rows of some details have the entry. */
  isInDetails: boolean;
  /** Whether the rows of some details have its removal; never for type 10. */
  isRemovalInDetails: boolean;
};

/** A time on a list without a break: one entry, or several that overlap. */
export type Spell = {
  type: ListType;
  since: string;
  until: string | null;
  reasons: string[];
  offices: string[];
  /** Of the first entry. */
  entry: Announcement | null;
  /** Of the last exit; null while an entry is left. */
  exit: Announcement | null;
  entries: EntryTruth[];
};

type Known = {
  entry: ListEntry;
  announced: { entry: Announcement | null; exit: Announcement | null };
  isRemoved: boolean;
  isInDetails: boolean;
  isRemovalInDetails: boolean;
};

/** The spells of one company, type 2 first, the oldest first. `occurrences` are the company's, the newest last. */
export function spellsOf(occurrences: readonly Occurrence[]): Spell[] {
  const known = new Map<ListEntry, Known>();
  for (const occurrence of occurrences) note(known, occurrence);
  return LIST_TYPES.flatMap((type) => spellsOfList([...known.values()].filter(({ entry }) => entry.type === type)));
}

function note(known: Map<ListEntry, Known>, occurrence: Occurrence): void {
  const { push } = occurrence;
  const { news } = push.change;
  if (news.kind !== 'entry' && news.kind !== 'exit') return;
  const about = knownOf(known, news.entry);
  const announced = announcesExit(news, push) ? 'exit' : 'entry';
  const before = about.announced[announced];
  const hasDetails = (occurrence.detailRows ?? 0) > 0;
  if (before === null) {
    const { id } = push.change;
    about.announced[announced] = { id, ...pushedIn(occurrence), direction: occurrence.direction, hasDetails };
  } else if (before.id === push.change.id) {
    before.hasDetails ||= hasDetails;
  }
  about.isRemoved ||= announced === 'exit';
  if (push.details !== 'list') return;
  for (const entry of listedFacts(push).entries) {
    const listed = knownOf(known, entry);
    listed.isInDetails = true;
    listed.isRemovalInDetails ||= isRemoved(entry, push.slot);
  }
  // A list without an entry that it had tells the exit, too.
  for (const other of known.values()) {
    other.isRemoved ||= other.entry.type === news.entry.type && isRemoved(other.entry, push.slot);
  }
}

function knownOf(known: Map<ListEntry, Known>, entry: ListEntry): Known {
  const announced = { entry: null, exit: null };
  const about = known.get(entry) ?? {
    entry,
    announced,
    isRemoved: false,
    isInDetails: false,
    isRemovalInDetails: false,
  };
  known.set(entry, about);
  return about;
}

function spellsOfList(known: readonly Known[]): Spell[] {
  const spells: Known[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const about of known.toSorted((a, b) => a.entry.addedAt - b.entry.addedAt)) {
    if (about.entry.addedAt > end) spells.push([]);
    spells.at(-1)!.push(about);
    end = Math.max(end, endOf(about));
  }
  return spells.map(spellOf);
}

const endOf = ({ entry, isRemoved: isGone }: Known): number => (isGone ? entry.removal!.at : Number.POSITIVE_INFINITY);

function spellOf(known: readonly Known[]): Spell {
  const entries = known.map(entryTruth);
  const last = known.reduce((latest, about) => (endOf(about) > endOf(latest) ? about : latest));
  const isOver = last.isRemoved;
  return {
    type: last.entry.type,
    since: entries[0]!.since,
    until: isOver ? shanghaiDay(endOf(last)) : null,
    reasons: [...new Set(entries.map(({ reason }) => reason))],
    offices: [...new Set(entries.map(({ office }) => office))],
    entry: entries[0]!.entry,
    exit: isOver ? last.announced.exit : null,
    entries,
  };
}

function entryTruth({ entry, announced, isRemoved: isGone, isInDetails, isRemovalInDetails }: Known): EntryTruth {
  const removal = isGone ? entry.removal : null;
  return {
    since: shanghaiDay(entry.addedAt),
    until: removal && shanghaiDay(removal.at),
    reason: entry.reason,
    office: entry.office,
    removalReason: removal?.reason ?? null,
    removalOffice: removal?.office ?? null,
    ...announced,
    isInDetails,
    isRemovalInDetails: isRemovalInDetails && entry.type === '2',
  };
}
