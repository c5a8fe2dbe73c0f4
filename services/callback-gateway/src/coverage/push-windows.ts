import { nextShanghaiMidnight, shanghaiDayNumber } from 'qcc-core/base/shanghai-time';
import { PUSH_WINDOW_HOURS } from 'qcc-core/contract/domain';

/** Two hours of a Shanghai day in which QCC pushes, or, as `other`, the hours of the day in which it should not. */
export type PushWindow = {
  /** Days since 1970-01-01. */
  day: number;
  /** `09-11`, or `other`. */
  pushWindow: string;
  /** Milliseconds since the epoch. */
  start: number;
  /** Exclusive. A day's `other` ends with the day. */
  end: number;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const windowKey = ({ day, pushWindow }: Pick<PushWindow, 'day' | 'pushWindow'>): string =>
  `${day}|${pushWindow}`;

/** Milliseconds at which the Shanghai day of an instant begins. */
export const dayStart = (ms: number): number => nextShanghaiMidnight(ms) - DAY_MS;
/** The same of a day's number, whose midnight in UTC lies within the Shanghai day. */
const startOf = (day: number): number => dayStart(day * DAY_MS);

const windowAt = (day: number, hour: number): PushWindow => ({
  day,
  pushWindow: [hour, hour + PUSH_WINDOW_HOURS].map((h) => String(h).padStart(2, '0')).join('-'),
  start: startOf(day) + hour * HOUR_MS,
  end: startOf(day) + (hour + PUSH_WINDOW_HOURS) * HOUR_MS,
});

/** The window in which an instant lies; the end of one is the beginning of the next. */
export function windowOf(hours: readonly number[], ms: number): PushWindow {
  const day = shanghaiDayNumber(ms);
  const hour = Math.floor((ms - startOf(day)) / HOUR_MS);
  const begin = hours.findLast((candidate) => candidate <= hour && hour < candidate + PUSH_WINDOW_HOURS);
  if (begin !== undefined) return windowAt(day, begin);
  return { day, pushWindow: 'other', start: startOf(day), end: startOf(day + 1) };
}

/** The push windows, without `other`, that have begun by `to` and end after `from`, the oldest first. */
export function windowsBetween(hours: readonly number[], from: number, to: number): PushWindow[] {
  const first = shanghaiDayNumber(from);
  const length = Math.max(0, shanghaiDayNumber(to) - first + 1);
  const days = Array.from({ length }, (_, index) => first + index);
  return days
    .flatMap((day) => hours.map((hour) => windowAt(day, hour)))
    .filter(({ start, end }) => start <= to && end > from);
}
