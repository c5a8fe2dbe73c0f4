import { pushTimes } from '../day.ts';
import type { Random } from '../random.ts';
import { DAY_MS, parseTime, shanghaiDay } from '../shanghai.ts';

/**
 * The days of a season and its push slots, one for each order. Day 0 is the first; days before the season are negative.
 * Slots count from 0 in the order of their pushDates.
 */
export type Calendar = {
  readonly days: number;
  /** The first midnight in Shanghai, in milliseconds since 1970. */
  readonly start: number;
  /** When each slot is pushed, strictly increasing, in milliseconds since 1970. */
  readonly pushedAt: readonly number[];
  /** A slot on this day. */
  slotOn(day: number, random: Random): number;
  dayOf(slot: number): number;
  /** An instant on this day, in milliseconds since 1970. */
  instantOn(day: number, random: Random): number;
};

/** The slot of announcements from before the season: QCC pushed them in orders that the simulator does not send. */
export const BEFORE_SEASON = -1;

export function createCalendar(
  seed: string,
  { from, days, ordersPerDay }: { from: string; days: number; ordersPerDay: number },
): Calendar {
  const start = parseTime(from);
  const pushedAt: number[] = [];
  for (let day = 0; day < days; day += 1) {
    for (const time of pushTimes(seed, shanghaiDay(start + day * DAY_MS), ordersPerDay)) {
      pushedAt.push(Math.max(time, (pushedAt.at(-1) ?? 0) + 1_000));
    }
  }
  return {
    days,
    start,
    pushedAt,
    slotOn: (day, random) => day * ordersPerDay + random.int(0, ordersPerDay - 1),
    dayOf: (slot) => Math.floor(slot / ordersPerDay),
    instantOn: (day, random) => start + day * DAY_MS + random.int(0, 86_399) * 1_000,
  };
}
