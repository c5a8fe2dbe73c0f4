import type { Company } from '../companies.ts';
import type { Random } from '../random.ts';
import type { Calendar } from './calendar.ts';
import type { Case } from './cases.ts';
import type { ListEntry } from './lists.ts';

/** The company's own randomness, and the days that its story may use. */
export type StoryDeps = {
  random: Random;
  company: Company;
  calendar: Calendar;
  /** Changes are pushed on days before this one. */
  until: number;
  /** Length of the season in quarters of a year: rates count per quarter. */
  quarters: number;
};

export type ListNews = { kind: 'entry' | 'exit'; entry: ListEntry /** The text says neither. */; isUnclear: boolean };

/** The news of a change. */
export type News =
  | ListNews
  | { kind: 'cases'; cases: readonly Case[] }
  | { kind: 'representative' | 'name'; from: string; to: string }
  | { kind: 'revocation'; text: string }
  | { kind: 'other' };

/** A change as a story tells it, before it has an id. */
export type Draft = {
  type: string;
  news: News;
  /** When it happened, in milliseconds since 1970; at least a day before its push. */
  happenedAt: number;
  /** Slot of its first push. */
  slot: number;
  /** Slot at which the same id comes again and tells the state of then. */
  correctedIn?: number;
};

/** `expected` on average: the whole part always, one more by chance. */
export function countOf(random: Random, expected: number): number {
  return Math.floor(expected) + (random.chance(expected % 1) ? 1 : 0);
}

/** Different days from 0 up to, but not including, `until`, in order; fewer than `count` where the days do not suffice. */
export function differentDays(random: Random, count: number, until: number): number[] {
  const days = new Set<number>();
  while (days.size < Math.min(count, until)) days.add(random.int(0, until - 1));
  return [...days].sort((a, b) => a - b);
}
