import type { changeRecord } from 'qcc-core/testing/change-record';
import type { DetailResponse } from 'qcc-details/detail-result';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { packedDetails, passThroughRecord } from 'qcc-details/testing/details';
import { expect, test } from 'vitest';
import { BLOCK_REASONS, type BlockReason } from '../quota/admit-call.ts';
import { pendingEntry } from '../testing/records.ts';
import { decideRecord } from './decide-record.ts';

const NOW = 1_700_000_000_000;

const decide = (
  given: Parameters<typeof changeRecord>[0],
  world: { remembered?: DetailResponse; kept?: DetailResponse; blockedBy?: BlockReason } = {},
) =>
  decideRecord(
    {
      endpoints: DETAIL_ENDPOINTS,
      source: { remembered: () => world.remembered },
      keptResponse: async () => world.kept,
      calls: { blockedBy: () => world.blockedBy ?? null },
      now: () => NOW,
    },
    passThroughRecord(given),
  );

const details = packedDetails();
const entry = pendingEntry({ admittedAt: NOW, nextAttemptAt: NOW });

test('a type without details is settled at once, also while the circuit breaker is tripped', async () => {
  expect(await decide({ type: '4' }, { blockedBy: 'GATE_CLOSED' })).toMatchObject({
    kind: 'settled',
    result: { status: 'NOT_APPLICABLE' },
    hasEntry: false,
  });
});

test('a change without a 校验ID is settled at once', async () => {
  expect(await decide({ checkId: null })).toMatchObject({ kind: 'settled', result: { status: 'NO_CHECK_ID' } });
});

test.each<[DetailResponse, object]>([
  [
    { kind: 'success', value: details, fetchedAt: 3 },
    { status: 'ENRICHED', details, fetchedAt: 3 },
  ],
  [
    { kind: 'empty', fetchedAt: 3 },
    { status: 'NO_RESULT', fetchedAt: 3 },
  ],
])('a remembered response settles it at once: %o', async (remembered, result) => {
  expect(await decide({}, { remembered, blockedBy: 'GATE_CLOSED' })).toMatchObject({
    kind: 'settled',
    result,
    hasEntry: false,
  });
});

test('what has to be asked waits', async () => {
  expect(await decide({})).toEqual({ kind: 'deferred', entry });
});

test.each(BLOCK_REASONS)('if no call may be made (%s), it is pending at once', async (blockedBy) => {
  expect(await decide({}, { blockedBy })).toEqual({ kind: 'pending', entry, reason: blockedBy });
});

const kept: DetailResponse = { kind: 'success', value: details, fetchedAt: 3 };

test('a later revision keeps the details an earlier one was given, also while no call may be made', async () => {
  expect(await decide({ revision: 1 }, { kept, blockedBy: 'GATE_CLOSED' })).toMatchObject({
    kind: 'settled',
    result: { status: 'ENRICHED', fetchedAt: 3 },
    hasEntry: false,
  });
});

test('what is remembered is newer than what is kept', async () => {
  const remembered = { kind: 'empty', fetchedAt: 4 } as const;
  expect(await decide({ revision: 1 }, { remembered, kept })).toMatchObject({ result: { status: 'NO_RESULT' } });
});

test('the first revision has no earlier one: nothing is looked for in the evidence', async () => {
  expect(await decide({ revision: 0 }, { kept })).toEqual({ kind: 'deferred', entry });
});
