import type { QccFailure } from 'qcc-core/qcc/outcome';
import { QCC_STATUSES } from 'qcc-core/qcc/status';
import { expect, test } from 'vitest';
import { judgeOutcome, MOST_UNKNOWN_RESPONSES } from './judge-outcome.ts';
import { packedDetails } from './testing/details.ts';

const failure = (kind: QccFailure['kind'], reason: string): QccFailure => ({ kind, code: null, reason, message: '' });

test('a response settles the details, with the time of its fetch', () => {
  const details = packedDetails();
  expect(judgeOutcome({ kind: 'success', value: details, fetchedAt: 7 }, 0)).toEqual({
    kind: 'settled',
    result: { status: 'ENRICHED', details, fetchedAt: 7 },
  });
});

test('no result (201) is settled too', () => {
  expect(judgeOutcome({ kind: 'empty', fetchedAt: 7 }, 0)).toEqual({
    kind: 'settled',
    result: { status: 'NO_RESULT', fetchedAt: 7 },
  });
});

const failures = Object.entries(QCC_STATUSES).flatMap(([code, { class: kind }]) =>
  kind === 'success' || kind === 'empty' ? [] : [{ code, kind }],
);
test.each(failures)('status $code ($kind) is judged by its class', ({ code, kind }) => {
  const reason = `QCC_${code}`;
  const expected = {
    never: { kind: 'settled', result: { status: 'FAILED', reason } },
    later: { kind: 'again', reason },
    retry: { kind: 'again', reason },
    pause: { kind: 'blocked', reason },
    stop: { kind: 'blocked', reason },
  };
  // However often nothing could be explained before.
  expect(judgeOutcome(failure(kind, reason), MOST_UNKNOWN_RESPONSES)).toEqual(expected[kind]);
});

test('what nothing explains is asked again, and given up after so many times', () => {
  const verdicts = Array.from({ length: MOST_UNKNOWN_RESPONSES }, (_, before) =>
    judgeOutcome(failure('unknown', 'NOT_JSON'), before),
  );
  expect(verdicts.slice(0, -1)).toEqual(
    Array.from({ length: MOST_UNKNOWN_RESPONSES - 1 }, () => ({ kind: 'again', reason: 'NOT_JSON' })),
  );
  expect(verdicts.at(-1)).toEqual({ kind: 'settled', result: { status: 'FAILED', reason: 'NOT_JSON' } });
});
