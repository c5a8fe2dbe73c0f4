import { changeRecord } from 'qcc-core/testing/change-record';
import { expect, test } from 'vitest';
import { admitRecord } from './admit-record.ts';
import { CLOSED_REASONS, type ClosedReason } from './call-permission.ts';
import type { DetailAnswer } from './detail-result.ts';
import { DETAIL_ENDPOINTS } from './endpoints/all.ts';
import { exceptionDetails, pendingDetail } from './test-records.ts';

const NOW = 1_700_000_000_000;

const admit = (
  given: Parameters<typeof changeRecord>[0],
  world: { remembered?: DetailAnswer; closedFor?: ClosedReason } = {},
) =>
  admitRecord(
    {
      endpoints: DETAIL_ENDPOINTS,
      source: { remembered: () => world.remembered },
      permission: { closedFor: () => world.closedFor ?? null },
      now: () => NOW,
    },
    changeRecord(given),
  );

const details = exceptionDetails();
const entry = pendingDetail({ admittedAt: NOW, nextAttemptAt: NOW });

test('a type without details is settled at once, also while the gate is closed', () => {
  expect(admit({ type: '4' }, { closedFor: 'GATE_CLOSED' })).toMatchObject({
    kind: 'settled',
    result: { status: 'NOT_APPLICABLE' },
    waited: false,
  });
});

test('a change without a 校验ID is settled at once', () => {
  expect(admit({ checkId: null })).toMatchObject({ kind: 'settled', result: { status: 'NO_CHECK_ID' } });
});

test.each<[DetailAnswer, object]>([
  [
    { kind: 'success', value: details, fetchedAt: 3 },
    { status: 'ENRICHED', details, fetchedAt: 3 },
  ],
  [
    { kind: 'empty', fetchedAt: 3 },
    { status: 'NO_RESULT', fetchedAt: 3 },
  ],
])('a remembered answer settles it at once: %o', (remembered, result) => {
  expect(admit({}, { remembered, closedFor: 'GATE_CLOSED' })).toMatchObject({ kind: 'settled', result, waited: false });
});

test('what has to be asked waits', () => {
  expect(admit({})).toEqual({ kind: 'waiting', entry });
});

test.each(CLOSED_REASONS)('waiting in vain (%s), it goes on as pending at once', (closedFor) => {
  expect(admit({}, { closedFor })).toEqual({ kind: 'pending', entry, reason: closedFor });
});
