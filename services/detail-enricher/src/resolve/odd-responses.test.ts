import type { QccFailure } from 'qcc-core/qcc/outcome';
import { expect, test, vi } from 'vitest';
import { createOddResponses } from './odd-responses.ts';

const failure = (kind: QccFailure['kind']): QccFailure => ({ kind, code: null, reason: 'NOT_JSON', message: '' });
const ODD = failure('unknown');

function setUp(limit: number) {
  const set = vi.fn();
  return { set, odd: createOddResponses({ limit, health: { set } }) };
}

test('records are given up to the limit, then readiness says why and what to do', () => {
  const { set, odd } = setUp(2);
  expect([odd.mayFail(ODD), odd.mayFail(ODD)]).toEqual([true, true]);
  expect(set).not.toHaveBeenCalled();
  expect(odd.mayFail(ODD)).toBe(false);
  expect(set).toHaveBeenCalledWith('responses', expect.stringMatching(/NOT_JSON.*QCC_BASE_URL/));
});

test.each(['later', 'never', 'pause', 'stop'] as const)('a response that is understood (%s) ends it', (kind) => {
  const { set, odd } = setUp(0);
  expect(odd.mayFail(ODD)).toBe(false);
  odd.note(failure(kind));
  expect(set).toHaveBeenLastCalledWith('responses', null);
});

test.each(['retry', 'unknown'] as const)('what is no response, or none that is understood (%s), does not', (kind) => {
  const { odd } = setUp(1);
  expect(odd.mayFail(ODD)).toBe(true);
  odd.note(failure(kind));
  expect(odd.mayFail(ODD)).toBe(false);
});
