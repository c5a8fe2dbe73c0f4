import { parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { expect, test } from 'vitest';
import { type ActivationPlan, planActivation } from './plan-activation.ts';

const at = (text: string) => parseShanghaiDateTime(text)!;
const DEFAULTS = { isBlocked: false, readOnly: false, dailyLimit: 3, minIntervalMs: 600_000 };

test.each<[string, string, string[], Partial<typeof DEFAULTS>, ActivationPlan]>([
  ['the first of all', '2026-03-16 10:00:00', [], {}, 'activate'],
  ['under QCC_READ_ONLY', '2026-03-16 10:00:00', [], { readOnly: true }, 'read-only'],
  ['while QCC refuses calls', '2026-03-16 10:00:00', [], { isBlocked: true }, 'blocked'],
  ['a second too soon after the last', '2026-03-16 10:09:59', ['2026-03-16 10:00:00'], {}, 'too-soon'],
  ['once the least time has passed', '2026-03-16 10:10:00', ['2026-03-16 10:00:00'], {}, 'activate'],
  [
    'when the day has had its share',
    '2026-03-16 23:59:59',
    ['2026-03-16 00:00:00', '2026-03-16 10:00:00', '2026-03-16 12:00:00'],
    {},
    'daily-limit',
  ],
  [
    'when the next Shanghai day begins',
    '2026-03-17 00:00:00',
    ['2026-03-16 00:00:00', '2026-03-16 10:00:00', '2026-03-16 12:00:00'],
    {},
    'activate',
  ],
  ['across midnight, but too soon', '2026-03-17 00:05:00', ['2026-03-16 23:59:00'], {}, 'too-soon'],
  ['with a limit of none', '2026-03-16 10:00:00', [], { dailyLimit: 0 }, 'daily-limit'],
])('%s', (_name, now, activatedAt, overrides, expected) => {
  expect(planActivation({ ...DEFAULTS, ...overrides, now: at(now), activatedAt: activatedAt.map(at) })).toBe(expected);
});
