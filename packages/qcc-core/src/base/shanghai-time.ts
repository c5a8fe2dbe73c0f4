/**
 * Shanghai's wall clock against instants. QCC's texts carry no zone; those of the document fit Asia/Shanghai (6.2.5:
 * `downloadUrlExpiredTime` against the link's `Expires`). China has kept +08:00 without summer time since 1991, and the
 * feed began in 2021, so plain arithmetic is right.
 */
const DAY_MS = 86_400_000;
/** Shanghai's clock is ahead of UTC by this much. */
export const OFFSET_MS = 8 * 3_600_000;

/** ClickHouse compares dates (Date32, DateTime64) correctly only in these years. 9999-12-31 means "no end" and is not a day. */
const YEARS = { first: 1900, last: 2299 };
/** Before this no table holds an instant. */
export const EARLIEST_MS = Date.UTC(YEARS.first, 0, 1) - OFFSET_MS;
/** From here on no table holds an instant. */
export const LATEST_MS = Date.UTC(YEARS.last + 1, 0, 1) - OFFSET_MS;

const DATE_TIME = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}):(\d{2})$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** `YYYY-MM-DD HH:mm:ss` in Shanghai → milliseconds since the epoch; null if no such time exists, or it is out of the tables' range. */
export function parseShanghaiDateTime(text: string): number | null {
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const days = parseDay(match[1]!);
  const [hours, minutes, seconds] = [Number(match[2]), Number(match[3]), Number(match[4])];
  if (days === null || hours > 23 || minutes > 59 || seconds > 59) return null;
  return days * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1_000 - OFFSET_MS;
}

/** `YYYY-MM-DD` → days since 1970-01-01; null if no such day exists, or it is out of the tables' range. */
export function parseDay(text: string): number | null {
  const match = DAY.exec(text);
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < YEARS.first || year > YEARS.last) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / DAY_MS : null;
}

/** Milliseconds since the epoch → `YYYY-MM-DD HH:mm:ss` in Shanghai; fractions of a second are cut off. */
export function formatShanghaiDateTime(ms: number): string {
  const text = new Date(ms + OFFSET_MS).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** Milliseconds since the epoch → the day in Shanghai, `YYYY-MM-DD`. */
export const shanghaiDay = (ms: number): string => new Date(ms + OFFSET_MS).toISOString().slice(0, 10);

/** Milliseconds since the epoch → the day in Shanghai, as days since 1970-01-01. */
export const shanghaiDayNumber = (ms: number): number => Math.floor((ms + OFFSET_MS) / DAY_MS);

/** Returns the first instant after `ms` at which it is `minutesOfDay` minutes past midnight in Shanghai. It is never `ms` itself. */
export const nextShanghaiTime = (ms: number, minutesOfDay: number): number =>
  nextShanghaiMidnight(ms - minutesOfDay * 60_000) + minutesOfDay * 60_000;

/** The first Shanghai midnight after an instant, never the instant itself. */
export const nextShanghaiMidnight = (ms: number): number =>
  (Math.floor((ms + OFFSET_MS) / DAY_MS) + 1) * DAY_MS - OFFSET_MS;
