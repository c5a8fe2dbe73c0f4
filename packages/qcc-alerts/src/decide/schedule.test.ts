import { formatShanghaiDateTime, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { expect, test } from 'vitest';
import { ruleOf } from '../testing/changes.ts';
import { schedule } from './schedule.ts';

const NIGHT = { quiet: { from: '22:00', to: '08:00' } };
const NOON = { quiet: { from: '12:00', to: '14:00' } };

test.each<[object, string, string, boolean]>([
  [{}, '2026-11-25 23:00:00', '2026-11-25 23:00:00', false],
  [NIGHT, '2026-11-25 21:59:59', '2026-11-25 21:59:59', false],
  [NIGHT, '2026-11-25 22:00:00', '2026-11-26 08:00:00', true],
  [NIGHT, '2026-11-26 03:00:00', '2026-11-26 08:00:00', true],
  [NIGHT, '2026-11-26 08:00:00', '2026-11-26 08:00:00', false],
  [NOON, '2026-11-26 13:59:59', '2026-11-26 14:00:00', true],
  [NOON, '2026-11-26 11:59:59', '2026-11-26 11:59:59', false],
  [{ send: 'digest' }, '2026-11-26 08:59:59', '2026-11-26 09:00:00', true],
  [{ send: 'digest' }, '2026-11-26 09:00:00', '2026-11-27 09:00:00', true],
  [{ send: 'digest', digestAt: ['09:00', '17:30'] }, '2026-11-26 09:00:00', '2026-11-26 17:30:00', true],
  [{ send: 'digest', digestAt: ['23:00'], ...NIGHT }, '2026-11-26 09:00:00', '2026-11-27 08:00:00', true],
])('%o at %s in Shanghai is sent at %s, in a digest: %s', (given, now, due, isHeld) => {
  const { dueAt, isHeld: held } = schedule(ruleOf(given), parseShanghaiDateTime(now)!);
  expect({ due: formatShanghaiDateTime(dueAt), held }).toEqual({ due, held: isHeld });
});
