import { formatShanghaiDateTime, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { expect, test } from 'vitest';
import { nextPollAt, nextPollWhileBlocked } from './next-poll.ts';

const HOUR_MS = 3_600_000;
const DEFAULTS = { pushWindows: [9, 11, 13, 15, 17, 19], graceMs: 5 * 60_000, intervalMs: 24 * HOUR_MS };

test.each<[string, string, Partial<typeof DEFAULTS>, string]>([
  ['within a window: after its end and the grace', '2026-03-16 09:30:00', {}, '2026-03-16 11:05:00'],
  ['at the end of a window: the grace is still to come', '2026-03-16 11:00:00', {}, '2026-03-16 11:05:00'],
  ['within the grace: at its end', '2026-03-16 11:04:59', {}, '2026-03-16 11:05:00'],
  ['at the end of the grace: after the next window', '2026-03-16 11:05:00', {}, '2026-03-16 13:05:00'],
  ['after the last window: after the first of the next day', '2026-03-16 21:05:00', {}, '2026-03-17 11:05:00'],
  ['a second before Shanghai midnight: the same', '2026-03-16 23:59:59', {}, '2026-03-17 11:05:00'],
  ['at Shanghai midnight: the same', '2026-03-17 00:00:00', {}, '2026-03-17 11:05:00'],
  ['over the turn of a year', '2026-12-31 23:00:00', {}, '2027-01-01 11:05:00'],
  ['with a shorter interval: after the interval', '2026-03-16 09:30:00', { intervalMs: 60_000 }, '2026-03-16 09:31:00'],
  [
    'with an interval that passes midnight first',
    '2026-03-16 23:55:00',
    { intervalMs: 10 * 60_000 },
    '2026-03-17 00:05:00',
  ],
  ['with one window a day', '2026-03-16 11:05:00', { pushWindows: [9] }, '2026-03-17 11:05:00'],
  ['with a window that ends at midnight', '2026-03-16 23:00:00', { pushWindows: [22] }, '2026-03-17 00:05:00'],
  ['within the grace that midnight cuts', '2026-03-17 00:01:00', { pushWindows: [22] }, '2026-03-17 00:05:00'],
  ['without a grace: at the end', '2026-03-16 09:30:00', { graceMs: 0 }, '2026-03-16 11:00:00'],
])('%s', (_name, lastPollAt, overrides, expected) => {
  const next = nextPollAt({ ...DEFAULTS, ...overrides, lastPollAt: parseShanghaiDateTime(lastPollAt)! });
  expect(formatShanghaiDateTime(next)).toBe(expected);
});

test.each<[string, 'stop' | 'pause', number, number]>([
  ['the end of a daily limit hastens it', 'pause', 300, 300],
  ['a daily limit that lasts longer leaves it at its time, to report the block', 'pause', 900, 600],
  ['a code that needs a person does not hasten it', 'stop', 300, 600],
  ['a code that needs a person puts it off', 'stop', 900, 900],
  ['a block that only a person ends leaves it at its time, to report the block', 'stop', Infinity, 600],
])('the next poll of a blocked list: %s', (_, kind, opensAt, expected) => {
  expect(nextPollWhileBlocked(600, { kind, opensAt })).toBe(expected);
});
