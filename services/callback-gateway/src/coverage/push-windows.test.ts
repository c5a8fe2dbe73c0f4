import { formatShanghaiDateTime, parseDay, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { expect, test } from 'vitest';
import { windowKey, windowOf, windowsBetween } from './push-windows.ts';

const HOURS = [9, 11, 13, 15, 17, 19];
const at = (text: string) => parseShanghaiDateTime(text)!;

test.each<[string, number[], string, string, string]>([
  ['2026-03-16 09:00:00', HOURS, '09-11', '2026-03-16 09:00:00', '2026-03-16 11:00:00'],
  ['2026-03-16 10:59:59', HOURS, '09-11', '2026-03-16 09:00:00', '2026-03-16 11:00:00'],
  ['2026-03-16 11:00:00', HOURS, '11-13', '2026-03-16 11:00:00', '2026-03-16 13:00:00'],
  ['2026-03-16 20:59:59', HOURS, '19-21', '2026-03-16 19:00:00', '2026-03-16 21:00:00'],
  ['2026-03-16 21:00:00', HOURS, 'other', '2026-03-16 00:00:00', '2026-03-17 00:00:00'],
  ['2026-03-16 23:59:59', HOURS, 'other', '2026-03-16 00:00:00', '2026-03-17 00:00:00'],
  ['2026-03-17 00:00:00', HOURS, 'other', '2026-03-17 00:00:00', '2026-03-18 00:00:00'],
  ['2026-03-17 08:59:59', HOURS, 'other', '2026-03-17 00:00:00', '2026-03-18 00:00:00'],
  ['2026-03-16 23:59:59', [22], '22-24', '2026-03-16 22:00:00', '2026-03-17 00:00:00'],
  ['2026-03-17 00:00:00', [0], '00-02', '2026-03-17 00:00:00', '2026-03-17 02:00:00'],
])('%s lies, with windows from %j, in %s', (instant, hours, pushWindow, start, end) => {
  const window = windowOf(hours, at(instant));
  expect(window).toMatchObject({ pushWindow, day: parseDay(instant.slice(0, 10)) });
  expect([window.start, window.end].map(formatShanghaiDateTime)).toEqual([start, end]);
});

test.each<[string, string, string, string[]]>([
  ['one that has only begun', '2026-03-16 09:30:00', '2026-03-16 09:30:00', ['16|09-11']],
  ['none before the first of the day', '2026-03-16 00:00:00', '2026-03-16 08:59:59', []],
  [
    'the last of a day and the first of the next',
    '2026-03-16 20:00:00',
    '2026-03-17 09:00:00',
    ['16|19-21', '17|09-11'],
  ],
  ['none that has ended', '2026-03-16 11:00:00', '2026-03-16 11:30:00', ['16|11-13']],
  ['none where the end lies before the beginning', '2026-03-17 11:00:00', '2026-03-16 11:00:00', []],
])('between two instants there is %s', (_name, from, to, expected) => {
  const keys = windowsBetween(HOURS, at(from), at(to)).map(windowKey);
  expect(keys).toEqual(expected.map((key) => `${parseDay(`2026-03-${key.slice(0, 2)}`)}${key.slice(2)}`));
});
