import { setImmediate } from 'node:timers/promises';
import { createMetrics, scrape } from 'qcc-core/base/metrics';
import type { QccClient } from 'qcc-core/qcc/client';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { PUSH_DATE } from 'qcc-core/testing/change-record';
import type { DetailResponse } from 'qcc-details/detail-result';
import { type Details, NO_DETAILS } from 'qcc-details/details';
import { packOutcome } from 'qcc-details/packed-details';
import { detailRequest, exceptionDetails, exceptionRow } from 'qcc-details/testing/details';
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
      const { exceptions: rows, total, oddRows, incompleteReason } = outcome.value;
      return { ...outcome, value: { rows, total, oddRows, incompleteReason } };
    },
  } as unknown as QccClient;
  const clock = { now: PUSH_DATE };
  const logged: unknown[][] = [];
  const note =
    (level: string) =>
    (...line: unknown[]) =>
      void logged.push([level, ...line]);
  const log = { debug: note('debug'), warn: note('warn') } as never;
  const metrics = createMetrics({ service: 'detail-enricher', account: 'main' });
  const stop = new AbortController();
  const source = createDetailSource({
    client,
    keptResponse: async () => kept,
    cacheEntries,
    now: () => clock.now,
    signal: stop.signal,
    log,
    metrics,
  });
  const lookUp = async (outcome: QccOutcome<Details>, given = {}) => {
    const looking = source.lookUp(detailRequest(given));
    await setImmediate();
    asked.at(-1)?.resolve(outcome);
    return await looking;
  };
  return { source, asked, clock, stop, request: detailRequest, lookUp, logged, metrics };
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

test('what is odd in a list is counted and logged once for each lookup, without anything that QCC sent', async () => {
  const { lookUp, logged, metrics } = setUp();
  const exceptions = [
    exceptionRow({ addReason: '张三', addDateRaw: '张三称2020年' }),
    exceptionRow({ addDate: 5, addDateRaw: '5', removeDateRaw: '张三称2021年' }),
    exceptionRow({ addDateRaw: '张三称2022年' }),
  ];
  const odd: Details = { ...NO_DETAILS, exceptions, total: 9, oddRows: 2, incompleteReason: 'INCOMPLETE_TOTAL' };
  await lookUp({ kind: 'success', value: odd, fetchedAt: PUSH_DATE });
  const { text } = await scrape([metrics]);
  const counted = text.split('\n').filter((line) => /^qcc_detail_(values|rows|lists)/.test(line));
  expect(counted.map((line) => line.replace(/,service=.*}/, '}'))).toEqual([
    'qcc_detail_values_unparsed_total{endpoint="getExceptions",field="addDate"} 2',
    'qcc_detail_values_unparsed_total{endpoint="getExceptions",field="removeDate"} 1',
    'qcc_detail_rows_odd_total{endpoint="getExceptions"} 2',
    'qcc_detail_lists_incomplete_total{endpoint="getExceptions",reason="INCOMPLETE_TOTAL"} 1',
  ]);
  expect(logged).toEqual([
    [
      'warn',
      expect.objectContaining({
        oddRows: 2,
        incompleteReason: 'INCOMPLETE_TOTAL',
        unparsed: { addDate: 2, removeDate: 1 },
      }),
      expect.any(String),
    ],
  ]);
  expect(JSON.stringify(logged)).not.toContain('张三');
});

test('a list that is as it should be is not logged, and one with a date that cannot be read only at debug', async () => {
  const { lookUp, logged } = setUp();
  await lookUp(success(PUSH_DATE));
  expect(logged).toEqual([]);
  const value = { ...NO_DETAILS, exceptions: [exceptionRow({ addDateRaw: '不详' })], total: 1 };
  await lookUp({ kind: 'success', value, fetchedAt: PUSH_DATE + 9 }, { pushDate: PUSH_DATE + 5 });
  expect(logged.map(([level]) => level)).toEqual(['debug']);
});
