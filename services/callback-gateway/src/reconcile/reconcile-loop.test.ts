import { createHealth } from 'qcc-core/base/health';
import { createMetrics } from 'qcc-core/base/metrics';
import type { Coverage } from 'qcc-core/kafka/messages/coverage-fact';
import type { UnnamedOrder } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import { classifyStatus } from 'qcc-core/qcc/status';
import { QUOTA_GRACE_MS, STOP_PAUSE_MS } from 'qcc-core/qcc/tripped-until';
import { describe, expect, test, vi } from 'vitest';
import { foldCoverage } from '../coverage/coverage-state.ts';
import { createAttempts } from '../order-attempts.ts';
import type { ReceivedOrder } from '../to-order-message.ts';
import { createActivations } from './activations.ts';
import { createLeadership } from './elect-leader.ts';
import { createListBreaker } from './list-breaker.ts';
import type { CallbackSigns } from './reactivate.ts';
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
  const facts: Coverage[] = [];
  const signs: CallbackSigns[] = [];
  const leadership = createLeadership();
  leadership.set(true);
  const lines: { level: string; args: unknown[] }[] = [];
  const line =
    (level: string) =>
    (...args: unknown[]) =>
      void lines.push({ level, args });
  const metrics = createMetrics({ service: 'callback-gateway', account: 'main' });
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const health = createHealth({ parts: [] });
  const breaker = createListBreaker({
    quotaOpensAt: 0,
    now: () => (overrides.now ?? (() => 10_000))(),
    log,
    health,
    metrics,
  });
  const deps: ReconcileDeps = {
    account: 'main',
    listLatestOrderNo: async () => ({
      kind: 'success',
      value: { orders: LISTED, unnamed: [], unread: 0 },
      fetchedAt: 0,
    }),
    isDone: () => false,
    failures: () => 0,
    breaker,
    attempts: createAttempts(),
    attemptTtlMs: 1_000,
    patienceMs: 0,
    publish: async (order) => void published.push(order),
    publishTimeoutMs: 60_000,
    coverage: {
      read: async () => foldCoverage('main', facts),
      record: async (more) => void facts.push(...more),
    },
    pushWindows: [9, 11],
    graceMs: 0,
    reactivate: async (sign) => {
      signs.push(sign);
      return false;
    },
    now: () => 10_000,
    signal: stop.signal,
    leadership,
    log,
    metrics,
    ...overrides,
  };
  const passes = async () =>
    Object.fromEntries(
      (await metrics.reconcilePasses.get()).values.map(({ labels, value }) => [labels.outcome, value]),
    );
  return { deps, health, stop, published, facts, signs, leadership, lines, metrics, passes };
}

describe('one pass', () => {
  test('publishes what is missing, the oldest first, without a link', async () => {
    const { deps, published } = setUp({ isDone: (orderNo) => orderNo === 'B' });
    expect(await reconcileOnce(deps)).toEqual({
      kind: 'compared',
      fetched: 2,
      beforeHorizon: 27,
      someAreYoung: false,
      activated: false,
    });
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

  test('publishes nothing again while the attempt is live, and again once it is too old', async () => {
    let now = 10_000;
    const { deps, published } = setUp({ now: () => now });
    await reconcileOnce(deps);
    expect([...deps.attempts.at.keys()]).toEqual(['A', 'B', 'C']);
    await reconcileOnce(deps);
    expect(published).toHaveLength(3);
    now += 1_000;
    await reconcileOnce(deps);
    expect(published).toHaveLength(6);
  });

  test('with no orders at QCC compares an empty list', async () => {
    const { deps } = setUp({ listLatestOrderNo: async () => ({ kind: 'empty', fetchedAt: 0 }) });
    expect(await reconcileOnce(deps)).toEqual({
      kind: 'compared',
      fetched: 0,
      beforeHorizon: 30,
      someAreYoung: false,
      activated: false,
    });
  });

  test('counts an order as attempted only when it is durable', async () => {
    const { deps } = setUp({
      publish: async ({ orderNo }) => {
        if (orderNo === 'B') throw new Error('broker gone');
      },
    });
    await expect(reconcileOnce(deps)).rejects.toThrow('broker gone');
    expect([...deps.attempts.at.keys()]).toEqual(['A']);
  });

  test('does not wait for ever where publishing never settles', async () => {
    const { deps } = setUp({ publish: () => new Promise(() => {}), publishTimeoutMs: 1 });
    await expect(reconcileOnce(deps)).rejects.toThrow('publishing order A took longer than 1 ms');
  });
});

describe('what else a pass reports', () => {
  test('an order that nobody published is counted and told as a lost callback, one published long ago is not', async () => {
    const attempts = createAttempts();
    attempts.at.set('A', 1);
    const { deps, signs, lines, metrics } = setUp({ attempts });
    await reconcileOnce(deps);
    expect((await metrics.reconcileOrders.get()).values[0]?.value).toBe(2);
    expect(signs.map(({ lost }) => lost)).toEqual([2]);
    const warnings = lines.filter(({ level }) => level === 'warn').map(({ args }) => args.at(-1));
    expect(warnings.filter((text) => String(text).startsWith('callbacks are being lost'))).toHaveLength(2);
  });

  test('what the list says of the windows is recorded after the orders are durable', async () => {
    const { deps, facts } = setUp({ publish: async () => Promise.reject(new Error('broker gone')) });
    await expect(reconcileOnce(deps)).rejects.toThrow('broker gone');
    expect(facts).toEqual([]);
    await reconcileOnce({ ...deps, publish: async () => {} });
    expect(facts).toMatchObject([{ kind: 'CHECKED', pushWindow: 'other', orders: [{ orderNo: 'A' }, {}, {}] }]);
  });

  test('two passes at the same time state the same facts', async () => {
    const { deps, facts } = setUp();
    await Promise.all([reconcileOnce(deps), reconcileOnce(deps)]);
    expect(facts).toHaveLength(2);
    expect(facts[0]).toEqual(facts[1]);
  });

  test('a gap is logged as an error and counts in the gauge', async () => {
    const later = [{ orderNo: 'X', createDate: 9_000 }];
    const { deps, facts, lines, metrics } = setUp({ isDone: () => true });
    await reconcileOnce(deps);
    const listLatestOrderNo = async () =>
      ({ kind: 'success', value: { orders: later, unnamed: [], unread: 0 }, fetchedAt: 0 }) as const;
    await reconcileOnce({ ...deps, listLatestOrderNo });
    expect(facts.filter(({ kind }) => kind === 'GAP')).toMatchObject([{ gap: 'C..X' }]);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect((await metrics.openGaps.get()).values[0]?.value).toBe(1);
    await reconcileOnce({ ...deps, listLatestOrderNo });
    expect((await metrics.openGaps.get()).values[0]?.value).toBe(1);
  });
});

test('a list that is too long to be read is reported in one line, and its first orders are fetched', async () => {
  const { deps, published, lines, metrics } = setUp({
    listLatestOrderNo: async () => ({
      kind: 'success',
      value: { orders: LISTED, unnamed: [], unread: 999_900 },
      fetchedAt: 0,
    }),
  });
  await reconcileOnce(deps);
  expect(published).toHaveLength(3);
  expect(lines.filter(({ args }) => (args[0] as { unread?: number }).unread === 999_900)).toHaveLength(1);
  expect((await metrics.listOddities.get()).values).toContainEqual({
    labels: expect.objectContaining({ oddity: 'too_many_rows' }),
    value: 1,
  });
});

describe('a listed order without a number', () => {
  const UNNAMED: UnnamedOrder = {
    why: 'no_number',
    createDate: 2_500,
    row: '{"createDate":"1970-01-01 08:00:02"}',
    newer: LISTED[0]!,
    older: LISTED[1]!,
  };
  const list = (...unnamed: UnnamedOrder[]) => ({
    listLatestOrderNo: async () =>
      ({ kind: 'success', value: { orders: LISTED, unnamed, unread: 0 }, fetchedAt: 0 }) as const,
  });
  const named = {
    listLatestOrderNo: async () => {
      const orders = [...LISTED, { orderNo: 'X', createDate: 2_500 }];
      return { kind: 'success', value: { orders, unnamed: [], unread: 0 }, fetchedAt: 0 } as const;
    },
  };

  test('does not affect other orders, is counted, and is logged once with its row', async () => {
    const { deps, published, lines, metrics, facts } = setUp(list(UNNAMED));
    await reconcileOnce(deps);
    await reconcileOnce(deps);
    expect(published.map(({ orderNo }) => orderNo)).toEqual(['A', 'B', 'C']);
    expect((await metrics.listOddities.get()).values).toMatchObject([
      { labels: { oddity: 'no_number' }, value: 2 },
      { labels: { oddity: 'no_date' }, value: 0 },
    ]);
    const reason = expect.stringContaining(UNNAMED.row);
    expect(facts.filter(({ kind }) => kind === 'GAP')).toMatchObject([{ after: 2_500, before: 2_500, reason }]);
    expect((await metrics.openGaps.get()).values[0]?.value).toBe(1);
    const told = lines.filter(({ level }) => level === 'error');
    expect(told.map(({ args }) => args[0])).toMatchObject([{ reason }]);
  });

  test('is logged with its row although it is an order that an earlier list named', async () => {
    const { deps, facts, lines } = setUp();
    await reconcileOnce(deps);
    const listed = [LISTED[0]!, LISTED[2]!];
    const value = { orders: listed, unnamed: [{ ...UNNAMED, createDate: 2_000 }], unread: 0 };
    await reconcileOnce({ ...deps, listLatestOrderNo: async () => ({ kind: 'success', value, fetchedAt: 0 }) });
    expect(facts.filter(({ kind }) => kind === 'GAP')).toEqual([]);
    expect(lines.map(({ args }) => args[0])).toContainEqual({ count: 1, rows: [{ row: UNNAMED.row, orderNo: 'B' }] });
  });

  test('is fetched by the number of an earlier list if its callback did not come meanwhile', async () => {
    const clock = { now: 3_500 };
    const { deps, published } = setUp({ now: () => clock.now, patienceMs: 2_000 });
    await reconcileOnce(deps);
    expect(published.map(({ orderNo }) => orderNo)).toEqual(['A']);
    const value = { orders: [LISTED[0]!, LISTED[2]!], unnamed: [{ ...UNNAMED, createDate: 2_000 }], unread: 0 };
    clock.now = 4_001;
    await reconcileOnce({ ...deps, listLatestOrderNo: async () => ({ kind: 'success', value, fetchedAt: 0 }) });
    expect(published.map(({ orderNo }) => orderNo)).toEqual(['A', 'B']);
  });

  test('a hundred of them are ten lines of the log, and one with their number', async () => {
    const many = Array.from({ length: 100 }, (_, nth) => ({
      ...UNNAMED,
      createDate: 4_000 + nth,
    }));
    const { deps, facts, lines } = setUp(list(...many));
    await reconcileOnce(deps);
    expect(facts.filter(({ kind }) => kind === 'GAP')).toHaveLength(100);
    const errors = lines.filter(({ level }) => level === 'error').map(({ args }) => args[0]);
    expect([errors.length, errors.at(-1)]).toEqual([11, { count: 100 }]);
  });

  test('ends when the list has its number, and is fetched', async () => {
    const { deps, facts, metrics, published } = setUp(list(UNNAMED));
    await reconcileOnce(deps);
    await reconcileOnce({ ...deps, ...named });
    expect(published.at(-1)).toMatchObject({ orderNo: 'X' });
    expect(facts.map(({ kind }) => kind)).toContain('GAP_CLOSED');
    expect((await metrics.openGaps.get()).values[0]?.value).toBe(0);
  });
});

describe('a code that asks the client to stop', () => {
  /** 2026-03-16 16:00 in Shanghai; its midnight is eight hours away. */
  const NOW = Date.UTC(2026, 2, 16, 8);
  const MIDNIGHT = NOW + 8 * 3_600_000;
  const refusal = (code: string): QccFailure => ({
    kind: classifyStatus(code) as 'stop' | 'pause',
    code,
    reason: `QCC_${code}`,
    message: `listLatestOrderNo: ${code}`,
  });

  function refusing(code: string) {
    let [time, calls] = [NOW, 0];
    const qcc = { refuses: true };
    const setup = setUp({
      now: () => time,
      async listLatestOrderNo() {
        calls += 1;
        return qcc.refuses ? refusal(code) : { kind: 'empty', fetchedAt: time };
      },
    });
    const passAt = async (at: number) => {
      time = at;
      return (await reconcileOnce(setup.deps)).kind;
    };
    const blocked = async () => (await setup.metrics.listBlocked.get()).values.map(({ labels }) => labels.reason);
    return { ...setup, qcc, passAt, blocked, calls: () => calls };
  }

  test.each(['109', '116'])('%s: QCC is asked again once the next day has begun in Shanghai', async (code) => {
    const { passAt, calls, qcc, blocked, health } = refusing(code);
    expect([await passAt(NOW), await passAt(NOW + 600_000), await passAt(MIDNIGHT)]).toEqual([
      'refused',
      'blocked',
      'blocked',
    ]);
    expect([calls(), await blocked()]).toEqual([1, [`QCC_${code}`]]);
    qcc.refuses = false;
    expect(await passAt(MIDNIGHT + QUOTA_GRACE_MS)).toBe('compared');
    expect([await blocked(), health.notes()]).toEqual([[], {}]);
  });

  test.each(['106', '108'])('%s: QCC is not asked again until a person has acted, and all say so', async (code) => {
    const { passAt, calls, qcc, blocked, health, lines, deps } = refusing(code);
    const passes = [await passAt(NOW), await passAt(MIDNIGHT + QUOTA_GRACE_MS), await passAt(NOW + 365 * 86_400_000)];
    expect([passes, calls()]).toEqual([['refused', 'blocked', 'blocked'], 1]);
    expect(await blocked()).toEqual([`QCC_${code}`]);
    expect(health.problems()).toEqual({});
    expect(health.notes()).toEqual({ 'list of orders': expect.stringContaining('npx qcc details open') });
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    qcc.refuses = false;
    deps.breaker.reset();
    expect([await blocked(), health.notes()]).toEqual([[], {}]);
    expect(await passAt(NOW + 365 * 86_400_000)).toBe('compared');
  });

  test('107 pauses polling for five minutes only', async () => {
    const { passAt, calls } = refusing('107');
    const passes = [await passAt(NOW), await passAt(NOW + STOP_PAUSE_MS - 1), await passAt(NOW + STOP_PAUSE_MS)];
    expect([passes, calls()]).toEqual([['refused', 'blocked', 'refused'], 2]);
  });

  test('orders listed during the block are fetched afterwards', async () => {
    const { deps, passAt, published } = refusing('106');
    await passAt(NOW);
    deps.breaker.reset();
    await reconcileOnce({
      ...deps,
      listLatestOrderNo: async () => ({
        kind: 'success',
        value: { orders: LISTED, unnamed: [], unread: 0 },
        fetchedAt: 0,
      }),
    });
    expect(published).toHaveLength(3);
  });
});

const NO_ACTIVATIONS = createActivations({ account: 'main' });

describe('the loop', () => {
  test('polls only while it is the leader', async () => {
    const listed: Array<() => void> = [];
    const { deps, stop, leadership } = setUp({
      listLatestOrderNo: () => new Promise((resolve) => listed.push(() => resolve({ kind: 'empty', fetchedAt: 0 }))),
    });
    leadership.set(false);
    const running = runReconcile({ ...deps, leadership, activations: NO_ACTIVATIONS, intervalMs: 1 });
    await new Promise(setImmediate);
    expect(listed).toHaveLength(0);
    leadership.set(true);
    await vi.waitFor(() => expect(listed).toHaveLength(1));
    leadership.set(false);
    listed[0]!();
    stop.abort();
    await running;
    expect(listed).toHaveLength(1);
  });

  test('sets no gauge if its leadership ended during the pass', async () => {
    const { deps, leadership, metrics } = setUp({
      listLatestOrderNo: async () => {
        leadership.set(false);
        return { kind: 'success', value: { orders: LISTED, unnamed: [], unread: 0 }, fetchedAt: 0 };
      },
    });
    metrics.ordersBeforeHorizon.remove();
    metrics.openGaps.remove();
    expect(await reconcileOnce(deps)).toMatchObject({ kind: 'compared', beforeHorizon: 27 });
    for (const gauge of [metrics.ordersBeforeHorizon, metrics.openGaps]) expect((await gauge.get()).values).toEqual([]);
  });

  test('polls again at once after an activation', async () => {
    let passes = 0;
    const { deps, stop, leadership } = setUp({
      reactivate: async () => {
        passes += 1;
        if (passes === 2) stop.abort();
        return passes === 1;
      },
    });
    await runReconcile({ ...deps, leadership, activations: NO_ACTIVATIONS, intervalMs: 3_600_000 });
    expect(passes).toBe(2);
  });

  test("polls again at once after somebody else's activation", async () => {
    const listedAt: number[] = [];
    const activations = createActivations({ account: 'main' });
    const { deps, stop, leadership } = setUp({
      listLatestOrderNo: async () => {
        if (listedAt.push(deps.now()) === 2) stop.abort();
        return { kind: 'empty', fetchedAt: 0 };
      },
    });
    const running = runReconcile({ ...deps, leadership, activations, intervalMs: 3_600_000 });
    await vi.waitFor(() => expect(listedAt).toHaveLength(1));
    const at = listedAt[0]! + 1;
    activations.note({ kind: 'ACTIVATED', account: 'main', at, reason: 'BY_HAND', result: 'QCC_200' });
    await running;
    expect(listedAt).toHaveLength(2);
  });

  /** Lists by the given responses, one a pass, and stops the loop after the last. */
  const runThrough = async (
    responses: ReconcileDeps['listLatestOrderNo'][],
    overrides: Partial<ReconcileDeps> = {},
  ) => {
    const setup = setUp({
      ...overrides,
      listLatestOrderNo: (options) => {
        const response = responses.shift();
        if (responses.length === 0) setup.stop.abort();
        return response!(options);
      },
    });
    await runReconcile({ ...setup.deps, leadership: setup.leadership, activations: NO_ACTIVATIONS, intervalMs: 1 });
    return setup;
  };

  test.each<QccFailure['kind']>(['later', 'retry', 'never', 'unknown'])(
    'survives a response of class %s, warns and goes on at the next interval',
    async (kind) => {
      const { lines, passes } = await runThrough([
        async () => failure(kind),
        async () => ({ kind: 'empty', fetchedAt: 0 }),
      ]);
      expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
      expect(await passes()).toEqual({ [kind]: 1, compared: 1 });
    },
  );

  test('polls again at once when a person says that the account is in order', async () => {
    let calls = 0;
    const { deps, stop, leadership, passes } = setUp({
      listLatestOrderNo: async () => {
        calls += 1;
        if (calls === 2) stop.abort();
        return calls === 1 ? { ...failure('stop'), code: '106', reason: 'QCC_106' } : { kind: 'empty', fetchedAt: 0 };
      },
    });
    const running = runReconcile({ ...deps, leadership, activations: NO_ACTIVATIONS, intervalMs: 3_600_000 });
    await vi.waitFor(async () => expect(await passes()).toEqual({ stop: 1 }));
    deps.breaker.reset();
    await running;
    expect(calls).toBe(2);
  });

  test('survives QCC and Kafka being away', async () => {
    const { passes } = await runThrough(
      [
        async () => Promise.reject(new Error('unreachable')),
        async () => ({ kind: 'success', value: { orders: LISTED, unnamed: [], unread: 0 }, fetchedAt: 0 }),
        async () => ({ kind: 'empty', fetchedAt: 0 }),
      ],
      { publish: async () => Promise.reject(new Error('broker gone')) },
    );
    expect(await passes()).toEqual({ error: 2, compared: 1 });
  });

  test('stops while it sleeps', async () => {
    const listed = Promise.withResolvers<void>();
    const { deps, stop, leadership } = setUp({
      listLatestOrderNo: async () => {
        listed.resolve();
        return { kind: 'empty', fetchedAt: 0 };
      },
    });
    const running = runReconcile({ ...deps, leadership, activations: NO_ACTIVATIONS, intervalMs: 3_600_000 });
    await listed.promise;
    stop.abort();
    await running;
  });

  test('stops while a publication hangs, and calls that no failure', async () => {
    const publishing = Promise.withResolvers<void>();
    const { deps, stop, leadership, passes } = setUp({
      publish: () => {
        publishing.resolve();
        return new Promise(() => {});
      },
    });
    const running = runReconcile({ ...deps, leadership, activations: NO_ACTIVATIONS, intervalMs: 1 });
    await publishing.promise;
    stop.abort();
    await running;
    expect(await passes()).toEqual({});
  });
});
