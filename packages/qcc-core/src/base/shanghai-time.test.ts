import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatShanghaiDateTime,
  nextShanghaiMidnight,
  parseDay,
  parseShanghaiDateTime,
  shanghaiDay,
} from './shanghai-time.ts';

/** Instants between 1992 and 2200, whole seconds. */
const instants = fc.integer({ min: 694_224_000, max: 7_258_118_400 }).map((seconds) => seconds * 1_000);

test.each([
  ["the document's downloadUrlExpiredTime is the Expires of its link", '2021-03-16 16:49:58', 1_615_884_598_000],
  ['the epoch is eight in the morning', '1970-01-01 08:00:00', 0],
  ['a leap day', '2024-02-29 00:00:00', Date.UTC(2024, 1, 28, 16)],
  ['30 February', '2021-02-30 00:00:00', null],
  ['29 February of a common year', '2021-02-29 00:00:00', null],
  ['month 13', '2021-13-01 00:00:00', null],
  ['hour 24', '2021-03-16 24:00:00', null],
  ['minute 60', '2021-03-16 23:60:00', null],
  ['second 60', '2021-03-16 23:59:60', null],
  ['a day alone', '2021-03-16', null],
  ['a T between day and time', '2021-03-16T16:49:58', null],
  ['a zone', '2021-03-16 16:49:58Z', null],
  ['a blank before', ' 2021-03-16 16:49:58', null],
  ['a line break behind', '2021-03-16 16:49:58\n', null],
  ['full-width digits', '２０２１-03-16 16:49:58', null],
  ['nothing', '', null],
])('reads as Shanghai time: %s', (_, text, ms) => {
  expect(parseShanghaiDateTime(text)).toBe(ms);
});

test.each([
  ['the epoch', '1970-01-01', 0],
  ['before the epoch', '1969-12-31', -1],
  ["the document's", '2020-07-16', 18_459],
  ['30 February', '2020-02-30', null],
  ['a year below 100, which Date would move to 1900', '0050-01-01', null],
  ['the first that tables hold', '1900-01-01', -25_567],
  ['the day before it', '1899-12-31', null],
  ['the last that tables hold', '2299-12-31', 120_529],
  ['the day after it', '2300-01-01', null],
  ['a day that stands for no end', '9999-12-31', null],
  ['without leading zeros', '2020-7-16', null],
  ['a time', '2020-07-16 00:00:00', null],
])('reads as a day: %s', (_, text, days) => {
  expect(parseDay(text)).toBe(days);
});

describe('for any instant', () => {
  test("formatting and parsing are each other's inverse", () => {
    fc.assert(fc.property(instants, (ms) => parseShanghaiDateTime(formatShanghaiDateTime(ms)) === ms));
  });

  test('the arithmetic agrees with the time zone database', () => {
    const zone = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Asia/Shanghai',
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    fc.assert(fc.property(instants, (ms) => formatShanghaiDateTime(ms) === zone.format(ms)));
  });

  test('the next midnight is a midnight, later by at most a day', () => {
    fc.assert(
      fc.property(instants, (ms) => {
        const midnight = nextShanghaiMidnight(ms);
        expect(formatShanghaiDateTime(midnight)).toMatch(/ 00:00:00$/);
        expect(midnight - ms).toBeGreaterThan(0);
        expect(midnight - ms).toBeLessThanOrEqual(86_400_000);
        expect(shanghaiDay(midnight - 1)).toBe(shanghaiDay(ms));
      }),
    );
  });
});
