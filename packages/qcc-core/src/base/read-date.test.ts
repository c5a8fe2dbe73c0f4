import { expect, test } from 'vitest';
import { isNoDate, readDay, readInstant } from './read-date.ts';

const at = (iso: string) => Date.parse(iso);
const DAY = 18_519;
const MIDNIGHT = at('2020-09-14T00:00:00+08:00');
const MORNING = at('2020-09-14T10:24:19+08:00');

test.each([
  ['the form of the document', '2020-09-14', MIDNIGHT],
  ['months and days of one digit', '2020-9-14', MIDNIGHT],
  ['slashes', '2020/09/14', MIDNIGHT],
  ['points', '2020.09.14', MIDNIGHT],
  ['Chinese characters', '2020年9月14日', MIDNIGHT],
  ['Chinese characters with blanks, as a page wraps them', ' 2020 年 09 月 14 日 ', MIDNIGHT],
  ['full-width digits', '２０２０年９月１４日', MIDNIGHT],
  ['full-width slashes', '２０２０／０９／１４', MIDNIGHT],
  ['digits alone', '20200914', MIDNIGHT],
  ['a time', '2020-09-14 10:24:19', MORNING],
  ['a time after slashes', '2020/9/14 10:24:19', MORNING],
  ['a time without seconds', '2020-09-14 10:24', at('2020-09-14T10:24:00+08:00')],
  ['a time in Chinese characters', '2020年9月14日 10时24分19秒', MORNING],
  ['a time behind Chinese characters', '2020年9月14日10:24:19', MORNING],
  ['ISO without a zone, which is Shanghai', '2020-09-14T10:24:19', MORNING],
  ['ISO in UTC', '2020-09-14T02:24:19Z', MORNING],
  ['ISO with fractions', '2020-09-14T02:24:19.123Z', MORNING + 123],
  ['ISO with an offset', '2020-09-14T10:24:19+08:00', MORNING],
  ['an offset without a colon, as Java writes it', '2020-09-14T10:24:19.000+0800', MORNING],
  ['an offset of whole hours, as PostgreSQL writes it', '2020-09-14 10:24:19+08', MORNING],
  ['an offset of whole hours to the west', '2020-09-13T21:24:19-05', MORNING],
  ['UTC of the evening before: the day is that of Shanghai', '2020-09-13T16:00:00Z', MIDNIGHT],
  ['seconds', '1600050259', MORNING],
  ['milliseconds', '1600050259123', MORNING + 123],
  ['milliseconds of 2001, with 12 digits', '999999999999', at('2001-09-09T01:46:39.999Z')],
  ['digits of a day and a time', '20200914102419', MORNING],
])('reads %s: %s', (_, text, ms) => {
  expect(readInstant(text)).toBe(ms);
  expect(readDay(text)).toBe(text === '999999999999' ? 11_574 : DAY);
});

test.each([
  ['nothing', ''],
  ['0, which stands for no date', '0'],
  ['a number below 0', '-62135596800'],
  ['a text', '不详'],
  ['30 February', '2020-02-30'],
  ['month 13', '2020年13月1日'],
  ['a year that stands for no end', '9999-12-31'],
  ['a year before all tables', '0001-01-01'],
  ['an instant in the last hours before all tables', '1900-01-01T00:00:00+14:00'],
  ['an instant beyond all tables', '99999999999'],
  ['milliseconds beyond all tables', '99999999999999'],
  ['more digits than milliseconds', '160005025912345'],
  ['two kinds of separators', '2020-09/14'],
  ['a year and a month', '2020年9月'],
  ['the other order', '14/09/2020'],
  ['a time that sticks to the day', '2020-09-1410:24:19'],
  ['something behind the date', '2020-09-14起'],
  ['an exponent', '1.6e12'],
  ['a script', '<script>'],
  ['a long text of digits', '1'.repeat(1_000_000)],
  ['a long text of blanks', `2020-09-14${' '.repeat(1_000_000)}x`],
])('reads no date from %s', (_, text) => {
  expect(readInstant(text)).toBeNull();
  expect(readDay(text)).toBeNull();
});

test('a time of day that does not exist costs the instant, not the day', () => {
  expect([readInstant('2020-09-14 24:60:00'), readDay('2020-09-14 24:60:00')]).toEqual([null, DAY]);
});

test.each([
  ['0', true],
  [' 0 ', true],
  ['000', true],
  ['', false],
  ['10', false],
  ['0000-00-00', false],
])('%j says that there is no date: %s', (text, expected) => {
  expect(isNoDate(text)).toBe(expected);
});
