import { describe, expect, test } from 'vitest';
import { QUOTA_GRACE_MS, STOP_PAUSE_MS, trippedUntil } from './tripped-until.ts';

const at = (text: string): number => Date.parse(`${text}+08:00`);

describe('no call is made', () => {
  test.each([
    ['2026-11-25T23:59:59', '00:00', '2026-11-26T00:00:00'],
    ['2026-11-25T00:00:00', '00:00', '2026-11-26T00:00:00'],
    ['2026-11-25T08:59:59', '09:00', '2026-11-25T09:00:00'],
    ['2026-11-25T09:00:00', '09:00', '2026-11-26T09:00:00'],
  ])('after a daily limit met at %s, which opens at %s, until just after %s', (now, opens, until) => {
    const [hours, minutes] = opens.split(':').map(Number);
    const quotaOpensAt = hours! * 60 + minutes!;
    expect(trippedUntil('pause', { now: at(now), quotaOpensAt })).toBe(at(until) + QUOTA_GRACE_MS);
  });

  test('for five minutes after a code that a person has to see to', () => {
    const now = at('2026-11-25T23:59:59');
    expect(trippedUntil('stop', { now, quotaOpensAt: 0 })).toBe(now + STOP_PAUSE_MS);
    expect(STOP_PAUSE_MS).toBe(300_000);
  });
});
