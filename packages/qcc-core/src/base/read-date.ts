import {
  EARLIEST_MS,
  LATEST_MS,
  OFFSET_MS,
  parseDay,
  parseShanghaiDateTime,
  shanghaiDayNumber,
} from './shanghai-time.ts';

/** Longer texts are not dates. */
const MAX_LENGTH = 64;
const SECONDS = /^\d{1,11}$/;
const MILLISECONDS = /^\d{12,14}$/;
/** Fewer digits than milliseconds or seconds of any date that matters: `20200914`, `20200914102419`. */
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/;
const DATE =
  /^(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?(?:(?:(?<=日)|[T ])(\d{1,2})[:时](\d{1,2})[:分]?(?:(?<=[:分])(\d{1,2})(?:[.,](\d{1,9}))?秒?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Returns the milliseconds since the epoch of a date that a person or a program has written; null if it is not a date, or outside the
 * range of the tables. A text without a zone is in Shanghai's time, and a day is its midnight there. Up to 11 digits are Unix seconds
 * and 12 to 14 are milliseconds, unless the digits are a day (`20200914`). 0 is never a date: QCC sends it if there is none.
 */
export function readInstant(text: string): number | null {
  return readDate(text)?.ms ?? null;
}

/** The same as days since 1970-01-01, in Shanghai. A time of day that does not exist is ignored. */
export function readDay(text: string): number | null {
  return readDate(text)?.day ?? null;
}

/** QCC's way to say that there is no date. */
export const isNoDate = (text: string): boolean => /^0+$/.test(text.trim());

/** `ms` is null where only the time of day is wrong. */
type ReadDate = { day: number; ms: number | null };

function readDate(delivered: string): ReadDate | null {
  if (delivered.length > MAX_LENGTH) return null;
  const text = delivered
    .normalize('NFKC')
    .trim()
    .replace(/\s*([年月日时分秒])\s*/g, '$1')
    .replace(/\s+/g, ' ');
  const compact = COMPACT.exec(text);
  if (compact) {
    const [, year, month, day, hours, minutes, seconds] = compact;
    const read = readWritten(`${year}-${month}-${day}${hours === undefined ? '' : ` ${hours}:${minutes}:${seconds}`}`);
    if (read) return read;
  }
  if (SECONDS.test(text)) return fromMs(Number(text) * 1_000);
  if (MILLISECONDS.test(text)) return fromMs(Number(text));
  return readWritten(text);
}

const fromMs = (ms: number): ReadDate | null => (ms > 0 && ms < LATEST_MS ? { day: shanghaiDayNumber(ms), ms } : null);

function readWritten(text: string): ReadDate | null {
  const match = DATE.exec(text);
  if (!match) return null;
  const [, year, first, month, second, day, hours = '0', minutes = '0', seconds = '0', fraction = '', zone] = match;
  if (second !== (first === '年' ? '月' : first)) return null;
  const written = `${year}-${twoDigits(month!)}-${twoDigits(day!)}`;
  const days = parseDay(written);
  if (days === null) return null;
  const time = parseShanghaiDateTime(`${written} ${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds)}`);
  if (time === null) return { day: days, ms: null };
  const ms = time + Number(fraction.padEnd(3, '0').slice(0, 3)) + (zone === undefined ? 0 : OFFSET_MS - zoneMs(zone));
  if (ms < EARLIEST_MS || ms >= LATEST_MS) return null;
  return { day: shanghaiDayNumber(ms), ms };
}

const twoDigits = (digits: string): string => digits.padStart(2, '0');

/** By how much a zone's clock is ahead of UTC: `Z`, `+08:00`, `+0800`, `+08`. */
function zoneMs(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
