import { shanghaiDayNumber } from 'qcc-core/base/shanghai-time';
import type { DetailSpend } from 'qcc-core/contract/domain';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bareCodec } from '../testing/bare-codec.ts';
import { createTestLane } from '../testing/lane.ts';
import { type Charge, createQuotaCounter } from './quota-counter.ts';

/** An hour before midnight in Shanghai. */
const NOW = Date.parse('2021-03-16T23:00:00+08:00');
const TODAY = shanghaiDayNumber(NOW);
const HOUR_MS = 3_600_000;
const SETTLE_MS = 1_000;
const ANSWERED = { endpoint: 'getExceptions', code: 'QCC_200' };

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

const found = (given: Partial<DetailSpend> = {}): DetailSpend => ({
  account: 'main',
  day: TODAY,
  partition: 3,
  reserved: 0,
  calls: [],
  updatedAt: NOW,
  ...given,
});

function setUp({ share = 10, blockSize = 4, entries = [] as DetailSpend[] } = {}) {
  const { lane, committed, breakNext, close } = createTestLane();
  const counter = createQuotaCounter(
    { account: 'main', codec: bareCodec, share, blockSize, now: Date.now, log: { warn() {} } },
    lane,
    entries,
  );
  const standing = () => {
    const values = committed.flat().map(({ value }) => value as DetailSpend);
    return new Map(values.map(({ day, ...value }) => [day - TODAY, value]));
  };
  const begin = async (): Promise<Charge> => {
    const charge = await counter.charge();
    if (!charge) throw new Error('nothing left');
    return charge;
  };
  return { counter, lane, committed, standing, begin, breakNext, close };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a call begins only once it is reserved on the topic, in its partition and under its key', async () => {
  const { counter, committed } = setUp();
  expect(counter.hasRoom()).toBe(false);
  await counter.charge();
  expect(committed[0]).toEqual([
    {
      topic: 'detail-spend',
      key: `main|${TODAY}|3`,
      partition: 3,
      value: found({ reserved: 4 }),
    },
  ]);
  expect(counter.hasRoom()).toBe(true);
});

test('no more begin than the share allows, however many ask at once', async () => {
  const { counter } = setUp({ share: 10 });
  const charges = await Promise.all(Array.from({ length: 25 }, () => counter.charge()));
  expect(charges.filter((charge) => charge !== null)).toHaveLength(10);
  expect(counter.remaining()).toBe(0);
});

test('what came back is counted by endpoint and code, and what is not needed is given back', async () => {
  const { begin, standing, counter } = setUp();
  const [first, second, third] = [await begin(), await begin(), await begin()];
  first.end(ANSWERED);
  second.end(ANSWERED);
  third.end({ endpoint: 'getShiXinList', code: 'TIMEOUT' });
  await pass(SETTLE_MS);
  expect(standing().get(0)).toMatchObject({
    reserved: 3,
    calls: [
      { ...ANSWERED, count: 2 },
      { endpoint: 'getShiXinList', code: 'TIMEOUT', count: 1 },
    ],
  });
  expect(counter.remaining()).toBe(7);
});

test('a call that was not made costs nothing', async () => {
  const { begin, standing, counter } = setUp();
  (await begin()).cancel();
  await pass(SETTLE_MS);
  expect(counter.remaining()).toBe(10);
  expect(standing().get(0)).toMatchObject({ reserved: 0, calls: [] });
});

test('reading the newest entry, whichever that is, never allows a call that was made already', async () => {
  const { committed, begin } = setUp({ share: 9 });
  let begun = 0;
  for (let call = 0; call < 9; call++) {
    const charge = await begin();
    begun += 1;
    const { reserved } = committed.at(-1)![0]!.value as DetailSpend;
    expect(reserved).toBeGreaterThanOrEqual(begun);
    if (call % 2 === 0) charge.end(ANSWERED);
    await pass(call % 3 === 0 ? SETTLE_MS : 0);
  }
});

describe('after a restart', () => {
  test('what was spent stays spent', async () => {
    const { counter } = setUp({ entries: [found({ reserved: 7, calls: [{ ...ANSWERED, count: 7 }] })] });
    expect(counter.remaining()).toBe(3);
    const charges = await Promise.all(Array.from({ length: 5 }, () => counter.charge()));
    expect(charges.filter((charge) => charge !== null)).toHaveLength(3);
  });

  test('what was reserved and not counted is taken for spent, and said so, for days before too', async () => {
    const { counter, standing } = setUp({
      entries: [
        found({ reserved: 7, calls: [{ ...ANSWERED, count: 5 }] }),
        found({ day: TODAY - 1, reserved: 1 }),
        found({ day: TODAY - 2, reserved: 1, calls: [{ ...ANSWERED, count: 1 }] }),
      ],
    });
    expect(counter.remaining()).toBe(3);
    await pass(SETTLE_MS);
    const lost = (count: number) => ({ endpoint: 'unknown', code: 'ANSWER_LOST', count });
    expect(standing().get(0)).toMatchObject({ reserved: 7, calls: [{ ...ANSWERED, count: 5 }, lost(2)] });
    expect(standing().get(-1)).toMatchObject({ reserved: 1, calls: [lost(1)] });
    expect(standing().has(-2)).toBe(false);
  });

  test('with a smaller budget than was spent, nothing is left', async () => {
    const { counter } = setUp({ share: 3, entries: [found({ reserved: 7, calls: [{ ...ANSWERED, count: 7 }] })] });
    expect(counter.remaining()).toBe(0);
    expect(await counter.charge()).toBeNull();
  });
});

test('a new Shanghai day begins with the whole share, and a response of the day before is counted there', async () => {
  const { counter, begin, standing } = setUp({ share: 2 });
  const [early, late] = [await begin(), await begin()];
  early.end(ANSWERED);
  expect(await counter.charge()).toBeNull();
  await pass(HOUR_MS);
  expect(counter.remaining()).toBe(2);
  const next = await begin();
  late.end(ANSWERED);
  next.end(ANSWERED);
  await pass(SETTLE_MS);
  expect(standing().get(0)).toMatchObject({ reserved: 2, calls: [{ ...ANSWERED, count: 2 }] });
  expect(standing().get(1)).toMatchObject({ reserved: 1, calls: [{ ...ANSWERED, count: 1 }] });
});

test('a clock that is put back does not begin a day again', async () => {
  const { counter, begin } = setUp({ share: 2 });
  await pass(HOUR_MS);
  await begin();
  vi.setSystemTime(NOW);
  expect(counter.remaining()).toBe(1);
});

test('what comes back while a slow transaction runs is counted by the next one', async () => {
  const slow = Promise.withResolvers<void>();
  const { begin, standing, lane } = setUp({ blockSize: 1 });
  const transact = lane.transact.bind(lane);
  const charge = await begin();
  lane.transact = async (body, commit) => {
    await transact(body, commit);
    await slow.promise;
  };
  await pass(SETTLE_MS);
  const second = begin();
  await pass(0);
  charge.end(ANSWERED);
  await pass(SETTLE_MS);
  expect(standing().get(0)).toMatchObject({ calls: [] });
  slow.resolve();
  (await second).cancel();
  await pass(2 * SETTLE_MS);
  expect(standing().get(0)).toMatchObject({ reserved: 1, calls: [{ ...ANSWERED, count: 1 }] });
});

test('once the lane is broken no call begins', async () => {
  const { counter, breakNext, close } = setUp();
  breakNext();
  expect(await counter.charge()).toBeNull();
  close();
  expect(vi.getTimerCount()).toBe(0);
});
