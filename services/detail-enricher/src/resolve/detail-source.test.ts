import { setImmediate } from 'node:timers/promises';
import { createMetrics } from 'qcc-core/base/metrics';
import type { QccClient } from 'qcc-core/qcc/client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { PUSH_DATE } from 'qcc-core/testing/change-record';
import type { DetailResponse } from 'qcc-details/detail-result';
import type { Details } from 'qcc-details/details';
import { packOutcome } from 'qcc-details/packed-details';
import { detailRequest, exceptionDetails } from 'qcc-details/testing/details';
import { describe, expect, test } from 'vitest';
import { CallNotAdmittedError } from '../quota/admit-call.ts';
import { createDetailSource } from './detail-source.ts';

const LATER: QccOutcome<Details> = { kind: 'later', code: '205', reason: 'QCC_205', message: '' };
const success = (fetchedAt: number): QccOutcome<Details> => ({ kind: 'success', value: exceptionDetails(), fetchedAt });

/** A client whose responses the test gives, one after another, each as late as it likes. */
function setUp({ cacheEntries = 10, kept }: { cacheEntries?: number; kept?: DetailResponse } = {}) {
  const asked: PromiseWithResolvers<QccOutcome<Details>>[] = [];
  const client = {
    async getDetails() {
      const response = Promise.withResolvers<QccOutcome<Details>>();
      asked.push(response);
      const outcome = await response.promise;
      if (outcome.kind !== 'success') return outcome;
      return { ...outcome, value: { rows: outcome.value.exceptions, total: outcome.value.total } };
    },
  } as unknown as QccClient;
  const clock = { now: PUSH_DATE };
  const stop = new AbortController();
  const source = createDetailSource({
    client,
    keptResponse: async () => kept,
    cacheEntries,
    now: () => clock.now,
    signal: stop.signal,
    metrics: createMetrics({ service: 'detail-enricher', account: 'main' }),
  });
  const lookUp = async (outcome: QccOutcome<Details>, given = {}) => {
    const looking = source.lookUp(detailRequest(given));
    await setImmediate();
    asked.at(-1)?.resolve(outcome);
    return await looking;
  };
  return { source, asked, clock, stop, request: detailRequest, lookUp };
}

test('205 and then 200: the second lookup asks anew, and its response is remembered', async () => {
  const { source, asked, request, lookUp } = setUp();
  expect(await lookUp(LATER)).toEqual(LATER);
  expect(source.remembered(request())).toBeUndefined();
  const response = success(PUSH_DATE + 1_000);
  expect(await lookUp(response)).toEqual(packOutcome(response));
  expect(source.remembered(request())).toEqual(packOutcome(response));
  expect(await source.lookUp(request())).toEqual(packOutcome(response));
  expect(asked).toHaveLength(2);
});

test('that QCC has nothing (201) is remembered too', async () => {
  const { source, request, lookUp } = setUp();
  const empty = { kind: 'empty', fetchedAt: PUSH_DATE } as const;
  await lookUp(empty);
  expect(source.remembered(request())).toEqual(empty);
});

test('a refusal is not remembered', async () => {
  const { source, request, lookUp } = setUp();
  const never: QccOutcome<Details> = { kind: 'never', code: '208', reason: 'QCC_208', message: '' };
  expect(await lookUp(never)).toEqual(never);
  expect(source.remembered(request())).toBeUndefined();
});

test('a response that the evidence store keeps is used instead of a call, and remembered', async () => {
  const kept: DetailResponse = { kind: 'empty', fetchedAt: PUSH_DATE + 1 };
  const { source, asked, request } = setUp({ kept });
  expect(await source.lookUp(request())).toEqual(kept);
  expect(source.remembered(request())).toEqual(kept);
  expect(asked).toEqual([]);
});

describe('freshness', () => {
  test.each([
    ['older than', 1, false],
    ['as old as', 0, true],
    ['newer than', -1, true],
  ])('a response %s the change is used: pushDate %d ms after the fetch, %s', async (_, lag, used) => {
    const { source, request, lookUp } = setUp();
    await lookUp(success(PUSH_DATE));
    expect(source.remembered(request({ pushDate: PUSH_DATE + lag })) !== undefined).toBe(used);
  });

  test('a newer response takes the place of the older one', async () => {
    const { source, request, lookUp } = setUp();
    await lookUp(success(PUSH_DATE));
    const newer = success(PUSH_DATE + 10);
    expect(await lookUp(newer, { pushDate: PUSH_DATE + 5 })).toEqual(packOutcome(newer));
    expect(source.remembered(request())).toEqual(packOutcome(newer));
  });
});

describe('equal questions at the same time', () => {
  test('are asked once', async () => {
    const { source, asked, request } = setUp();
    const looking = [source.lookUp(request()), source.lookUp(request({ pushDate: PUSH_DATE - 5 }))];
    const response = success(PUSH_DATE);
    await setImmediate();
    asked[0]!.resolve(response);
    expect(await Promise.all(looking)).toEqual([packOutcome(response), packOutcome(response)]);
    expect(asked).toHaveLength(1);
  });

  test('are asked twice where the change is newer than the first question', async () => {
    const { source, asked, clock, request } = setUp();
    const first = source.lookUp(request());
    clock.now += 10;
    const second = source.lookUp(request({ pushDate: PUSH_DATE + 5 }));
    await setImmediate();
    expect(asked).toHaveLength(2);
    for (const [index, fetchedAt] of [PUSH_DATE, PUSH_DATE + 10].entries()) asked[index]!.resolve(success(fetchedAt));
    expect(await first).toEqual(packOutcome(success(PUSH_DATE)));
    expect(await second).toEqual(packOutcome(success(PUSH_DATE + 10)));
  });

  test('differ by company and 校验ID', async () => {
    const { source, asked } = setUp();
    for (const given of [{}, { corpKeyNo: 'another' }, { checkId: 'another' }])
      void source.lookUp(detailRequest(given));
    await setImmediate();
    expect(asked).toHaveLength(3);
  });

  test('are asked anew when the first failed', async () => {
    const { source, asked, request } = setUp();
    const first = source.lookUp(request());
    await setImmediate();
    asked[0]!.reject(new Error('a bug'));
    await expect(first).rejects.toThrow('a bug');
    void source.lookUp(request());
    await setImmediate();
    expect(asked).toHaveLength(2);
  });
});

test('a call that was not admitted has no response', async () => {
  const { source, asked, request } = setUp();
  const looking = source.lookUp(request());
  await setImmediate();
  asked[0]!.reject(new CallNotAdmittedError());
  expect(await looking).toEqual({ kind: 'notAdmitted' });
});

test('a call that the end of the service cut off is no response', async () => {
  const { source, asked, stop, request } = setUp();
  const looking = source.lookUp(request());
  await setImmediate();
  stop.abort(new Error('SIGTERM'));
  asked[0]!.reject(stop.signal.reason);
  expect(await looking).toEqual({ kind: 'notAdmitted' });
});

test('without a cache everything is asked', async () => {
  const { source, asked, request, lookUp } = setUp({ cacheEntries: 0 });
  await lookUp(success(PUSH_DATE));
  expect(source.remembered(request())).toBeUndefined();
  await lookUp(success(PUSH_DATE));
  expect(asked).toHaveLength(2);
});
