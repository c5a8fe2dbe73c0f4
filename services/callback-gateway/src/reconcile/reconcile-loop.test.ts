import { createMetrics } from 'qcc-core/metrics';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import { describe, expect, test, vi } from 'vitest';
import type { ReceivedOrder } from '../received-order.ts';
import { type ReconcileDeps, reconcileOnce, runReconcile } from './reconcile-loop.ts';

const LISTED = [
  { orderNo: 'C', createDate: 3_000 },
  { orderNo: 'B', createDate: 2_000 },
  { orderNo: 'A', createDate: 1_000 },
];
const failure = (kind: QccFailure['kind']): QccFailure => ({
  kind,
  code: '107',
  reason: 'QCC_107',
  message: 'refused',
});

function setUp(overrides: Partial<ReconcileDeps> = {}) {
  const stop = new AbortController();
  const published: ReceivedOrder[] = [];
  const lines: { level: string; args: unknown[] }[] = [];
  const line =
    (level: string) =>
    (...args: unknown[]) =>
      void lines.push({ level, args });
  const metrics = createMetrics({ service: 'callback-gateway', account: 'main' });
  const deps: ReconcileDeps = {
    account: 'main',
    listLatestOrderNo: async () => ({ kind: 'success', value: LISTED, fetchedAt: 0 }),
    settled: () => false,
    attempts: new Map(),
    attemptTtlMs: 1_000,
    publish: async (order) => void published.push(order),
    publishTimeoutMs: 60_000,
    now: () => 10_000,
    signal: stop.signal,
    log: { debug: line('debug'), warn: line('warn'), error: line('error') },
    metrics,
    ...overrides,
  };
  const passes = async () =>
    Object.fromEntries(
      (await metrics.reconcilePasses.get()).values.map(({ labels, value }) => [labels.outcome, value]),
    );
  return { deps, stop, published, lines, metrics, passes };
}

describe('one pass', () => {
  test('publishes what is missing, the oldest first, without a link', async () => {
    const { deps, published } = setUp({ settled: (orderNo) => orderNo === 'B' });
    expect(await reconcileOnce(deps)).toEqual({ kind: 'compared', fetched: 2, beforeHorizon: 27 });
    expect(published).toEqual(
      [['A', 1_000] as const, ['C', 3_000] as const].map(([orderNo, createDate]) => ({
        account: 'main',
        orderNo,
        source: 'reconcile',
        receivedAt: 10_000,
        createDate,
        downloadUrl: null,
        unzipPassword: null,
        downloadUrlExpiredTime: null,
      })),
    );
  });

  test('publishes nothing again while the attempt is live, and again once it is too old, and forgets old attempts', async () => {
    let now = 10_000;
    const attempts = new Map([['long ago', 1]]);
    const { deps, published } = setUp({ now: () => now, attempts });
    await reconcileOnce(deps);
    expect([...attempts.keys()]).toEqual(['A', 'B', 'C']);
    await reconcileOnce(deps);
    expect(published).toHaveLength(3);
    now += 1_000;
    await reconcileOnce(deps);
    expect(published).toHaveLength(6);
  });

  test('with no orders at QCC compares an empty list', async () => {
    const { deps } = setUp({ listLatestOrderNo: async () => ({ kind: 'empty', fetchedAt: 0 }) });
    expect(await reconcileOnce(deps)).toEqual({ kind: 'compared', fetched: 0, beforeHorizon: 30 });
  });

  test('counts an order as attempted only when it is durable', async () => {
    const { deps } = setUp({
      publish: async ({ orderNo }) => {
        if (orderNo === 'B') throw new Error('broker gone');
      },
    });
    await expect(reconcileOnce(deps)).rejects.toThrow('broker gone');
    expect([...deps.attempts.keys()]).toEqual(['A']);
  });

  test('does not wait for ever where publishing never settles', async () => {
    const { deps } = setUp({ publish: () => new Promise(() => {}), publishTimeoutMs: 1 });
    await expect(reconcileOnce(deps)).rejects.toThrow('publishing order A took longer than 1 ms');
  });

  test('confirms the listed orders that were unconfirmed, and only those', async () => {
    const confirm = vi.fn(async () => {});
    const { deps } = setUp({ settled: () => true, unconfirmed: { has: (orderNo) => orderNo === 'B', confirm } });
    await reconcileOnce(deps);
    expect(confirm.mock.calls).toEqual([['B']]);
  });
});

describe('the loop', () => {
  /** Lists by the given answers, one a pass, and stops the loop after the last. */
  const runThrough = async (answers: ReconcileDeps['listLatestOrderNo'][], overrides: Partial<ReconcileDeps> = {}) => {
    const setup = setUp({
      ...overrides,
      listLatestOrderNo: (options) => {
        const answer = answers.shift();
        if (answers.length === 0) setup.stop.abort();
        return answer!(options);
      },
    });
    await runReconcile({ ...setup.deps, intervalMs: 1 });
    return setup;
  };

  test.each<[QccFailure['kind'], 'warn' | 'error']>([
    ['stop', 'error'],
    ['pause', 'error'],
    ['later', 'warn'],
    ['retry', 'warn'],
    ['never', 'warn'],
    ['unknown', 'warn'],
  ])('survives an answer of class %s, says so as %s and goes on at the next interval', async (kind, level) => {
    const { lines, passes } = await runThrough([
      async () => failure(kind),
      async () => ({ kind: 'empty', fetchedAt: 0 }),
    ]);
    expect(lines.filter((line) => line.level === level)).toHaveLength(1);
    expect(await passes()).toEqual({ [kind]: 1, compared: 1 });
  });

  test('survives QCC and Kafka being away', async () => {
    const { passes } = await runThrough(
      [
        async () => Promise.reject(new Error('unreachable')),
        async () => ({ kind: 'success', value: LISTED, fetchedAt: 0 }),
        async () => ({ kind: 'empty', fetchedAt: 0 }),
      ],
      { publish: async () => Promise.reject(new Error('broker gone')) },
    );
    expect(await passes()).toEqual({ error: 2, compared: 1 });
  });

  test('stops while it sleeps', async () => {
    const listed = Promise.withResolvers<void>();
    const { deps, stop } = setUp({
      listLatestOrderNo: async () => {
        listed.resolve();
        return { kind: 'empty', fetchedAt: 0 };
      },
    });
    const running = runReconcile({ ...deps, intervalMs: 3_600_000 });
    await listed.promise;
    stop.abort();
    await running;
  });

  test('stops while a publication hangs, and calls that no failure', async () => {
    const publishing = Promise.withResolvers<void>();
    const { deps, stop, passes } = setUp({
      publish: () => {
        publishing.resolve();
        return new Promise(() => {});
      },
    });
    const running = runReconcile({ ...deps, intervalMs: 1 });
    await publishing.promise;
    stop.abort();
    await running;
    expect(await passes()).toEqual({});
  });
});
