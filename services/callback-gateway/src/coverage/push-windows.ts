import { formatShanghaiDateTime, parseDay, shanghaiDay } from 'qcc-core/shanghai-time';

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
const OFFSET_MS = 8 * HOUR_MS;
export const WINDOW_HOURS = 2;

export const windowKey = ({ day, pushWindow }: Pick<PushWindow, 'day' | 'pushWindow'>): string =>
  `${day}|${pushWindow}`;

const dayOf = (ms: number): number => parseDay(shanghaiDay(ms)) as number;
/** Milliseconds at which a Shanghai day begins. */
const startOf = (day: number): number => day * DAY_MS - OFFSET_MS;
/** Milliseconds at which the Shanghai day of an instant begins. */
export const dayStart = (ms: number): number => startOf(dayOf(ms));

const windowAt = (day: number, hour: number): PushWindow => ({
  day,
  pushWindow: [hour, hour + WINDOW_HOURS].map((h) => String(h).padStart(2, '0')).join('-'),
  start: startOf(day) + hour * HOUR_MS,
  end: startOf(day) + (hour + WINDOW_HOURS) * HOUR_MS,
});

/** The window in which an instant lies; the end of one is the beginning of the next. */
export function windowOf(hours: readonly number[], ms: number): PushWindow {
  const day = dayOf(ms);
  const hour = Number(formatShanghaiDateTime(ms).slice(11, 13));
  const begin = hours.findLast((candidate) => candidate <= hour && hour < candidate + WINDOW_HOURS);
  if (begin !== undefined) return windowAt(day, begin);
  return { day, pushWindow: 'other', start: startOf(day), end: startOf(day + 1) };
}

/** The push windows, without `other`, that have begun by `to` and end after `from`, the oldest first. */
export function windowsBetween(hours: readonly number[], from: number, to: number): PushWindow[] {
  const days = Array.from({ length: Math.max(0, dayOf(to) - dayOf(from) + 1) }, (_, index) => dayOf(from) + index);
  return days
    .flatMap((day) => hours.map((hour) => windowAt(day, hour)))
    .filter(({ start, end }) => start <= to && end > from);
}
