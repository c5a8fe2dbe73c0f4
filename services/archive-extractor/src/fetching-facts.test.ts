import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReportFetching } from './fetching-facts.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const ORDER = { account: 'main', orderNo: 'DD1' };

function setUp(publish: (messages: Outgoing[]) => Promise<void> = async () => {}) {
  const facts: unknown[] = [];
  const warned: string[] = [];
  const reportFetching = createReportFetching({
    codec: {
      encode: (_topic, value) => {
        const { orderNo, revision, stage, at, source } = value as Record<string, unknown>;
        facts.push({ orderNo, revision, stage, at, source });
        return Buffer.alloc(0);
      },
    },
    publish,
    log: { warn: (_: object, message: string) => void warned.push(message) } as never,
    now: Date.now,
  });
  return { facts, warned, reportFetching };
}
const fact = (at: number) => ({ orderNo: 'DD1', revision: 2, stage: 'FETCHING', at, source: null });

test('an order that is fetched within a minute has no such fact', () => {
  const { facts, reportFetching } = setUp();
  using fetching = reportFetching(ORDER, 2);
  vi.advanceTimersByTime(59_999);
  fetching.done();
  vi.advanceTimersByTime(600_000);
  expect(facts).toEqual([]);
});

test('a long attempt has one each minute, and none after its end', () => {
  const { facts, reportFetching } = setUp();
  const fetching = reportFetching(ORDER, 2);
  vi.advanceTimersByTime(150_000);
  expect(facts).toEqual([fact(60_000), fact(120_000)]);
  fetching[Symbol.dispose]();
  vi.advanceTimersByTime(600_000);
  expect(facts).toHaveLength(2);
});

test('many short attempts have one each minute together, until the order is done', () => {
  const { facts, reportFetching } = setUp();
  for (let attempt = 0; attempt < 30; attempt += 1) {
    using _ = reportFetching(ORDER, 2);
    vi.advanceTimersByTime(4_000);
  }
  expect(facts).toEqual([fact(60_000)]);
  reportFetching(ORDER, 2).done();
  expect(facts).toEqual([fact(60_000), fact(120_000)]);
  using _ = reportFetching(ORDER, 2);
  expect(facts).toHaveLength(2);
});

test('a fact that cannot be sent costs a warning, and the next one is due a minute later', async () => {
  const { facts, warned, reportFetching } = setUp(() => Promise.reject(new Error('Kafka is away')));
  using _ = reportFetching(ORDER, 2);
  await vi.advanceTimersByTimeAsync(120_000);
  expect([facts.length, warned.length]).toEqual([2, 2]);
});
