import { createHealth } from 'qcc-core/base/health';
import { createMetrics } from 'qcc-core/base/metrics';
import type { Activated } from 'qcc-core/kafka/messages/coverage-fact';
import type { QccOutcome } from 'qcc-core/qcc/outcome';
import { classifyStatus } from 'qcc-core/qcc/status';
import { expect, test } from 'vitest';
import { createListBreaker } from './list-breaker.ts';
import { type CallbackSigns, createReactivation, type ReactivateDeps } from './reactivate.ts';

const REFUSED: QccOutcome<null> = { kind: 'stop', code: '101', reason: 'QCC_101', message: 'refused' };
const DONE: QccOutcome<null> = { kind: 'success', value: null, fetchedAt: 0 };

function setUp(overrides: Partial<ReactivateDeps> = {}) {
  const clock = { now: 1_000_000 };
  const metrics = createMetrics({ service: 'callback-gateway', account: 'main' });
  const breaker = createListBreaker({
    quotaOpensAt: 0,
    now: () => clock.now,
    log: { info() {}, warn() {}, error() {} },
    health: createHealth({ parts: [] }),
    metrics,
  });
  const steps: string[] = [];
  const recorded: Activated[] = [];
  const reactivate = createReactivation({
    account: 'main',
    activeCallbackUrl: async () => {
      steps.push('called');
      return DONE;
    },
    record: async (facts) => {
      recorded.push(...facts);
      steps.push(...facts.map(({ result }) => result));
    },
    readOnly: false,
    dailyLimit: 2,
    minIntervalMs: 1_000,
    now: () => clock.now,
    signal: new AbortController().signal,
    log: { warn() {}, error() {} },
    metrics,
    breaker,
    ...overrides,
  });
  /** A pass that knows of the activations recorded so far, as the topic would tell it. */
  const pass = (signs: Partial<CallbackSigns>) =>
    reactivate({
      lost: 0,
      lastCallbackAt: -Infinity,
      activatedAt: [...new Set(recorded.map(({ at }) => at))],
      ...signs,
    });
  return { breaker, clock, steps, recorded, pass };
}

test('without a lost callback it asks nothing of QCC', async () => {
  const { pass, steps } = setUp();
  expect(await pass({ lost: 0 })).toBe(false);
  expect(steps).toEqual([]);
});

test('after a lost callback it activates, and states so before and after', async () => {
  const { pass, steps, recorded } = setUp();
  expect(await pass({ lost: 3 })).toBe(true);
  expect(steps).toEqual(['STARTED', 'called', 'QCC_200']);
  expect(new Set(recorded.map(({ at }) => at)).size).toBe(1);
  expect(await pass({ lost: 0 })).toBe(false);
});

test('it does not call QCC if it cannot record that first', async () => {
  const { pass, steps } = setUp({ record: async () => Promise.reject(new Error('broker gone')) });
  await expect(pass({ lost: 1 })).rejects.toThrow('broker gone');
  expect(steps).toEqual([]);
});

test('an activation that was too soon is made by a later pass, even if that finds nothing lost', async () => {
  const { pass, steps, clock } = setUp();
  await pass({ lost: 1 });
  expect(await pass({ lost: 1 })).toBe(false);
  clock.now += 1_000;
  expect(await pass({ lost: 0 })).toBe(true);
  expect(steps.filter((step) => step === 'called')).toHaveLength(2);
});

test('what was too soon is dropped once QCC calls', async () => {
  const { pass, steps, clock } = setUp();
  await pass({ lost: 1 });
  await pass({ lost: 1 });
  clock.now += 1_000;
  expect(await pass({ lastCallbackAt: clock.now })).toBe(false);
  expect(steps.filter((step) => step === 'called')).toHaveLength(1);
});

test('a refused activation is stated, counts against the limit and is tried again', async () => {
  const { pass, recorded, clock } = setUp({ activeCallbackUrl: async () => REFUSED });
  expect(await pass({ lost: 1 })).toBe(false);
  expect(recorded.at(-1)).toMatchObject({ kind: 'ACTIVATED', reason: 'ORDERS_WITHOUT_CALLBACK', result: 'QCC_101' });
  for (let again = 0; again < 4; again += 1) {
    clock.now += 1_000;
    await pass({});
  }
  expect(recorded.filter(({ result }) => result === 'QCC_101')).toHaveLength(2);
});

test('the limit holds for what other instances did, and before a restart', async () => {
  const { pass, steps, clock } = setUp();
  expect(await pass({ lost: 1, activatedAt: [clock.now - 5_000, clock.now - 4_000] })).toBe(false);
  expect(steps).toEqual([]);
});

test('under QCC_READ_ONLY it only says so', async () => {
  const { pass, steps } = setUp({ readOnly: true });
  expect(await pass({ lost: 1 })).toBe(false);
  expect(steps).toEqual([]);
});

const refusal = (code: string): QccOutcome<null> => ({
  kind: classifyStatus(code) as 'stop',
  code,
  reason: `QCC_${code}`,
  message: `activeCallbackUrl: ${code}`,
});

test.each(['106', '108', '116'])('after %s for an activation, the list is blocked too', async (code) => {
  const { breaker, pass, clock } = setUp({ activeCallbackUrl: async () => refusal(code) });
  expect(await pass({ lost: 1 })).toBe(false);
  clock.now += 1_000;
  expect(breaker.trippedBy()).toMatchObject({ code });
});

test.each(['101', '109', '111', '214', '199', '202'])(
  'after %s for an activation, which may concern that call alone, the list is still asked for',
  async (code) => {
    const { breaker, pass } = setUp({ activeCallbackUrl: async () => refusal(code) });
    expect(await pass({ lost: 1 })).toBe(false);
    expect(breaker.trippedBy()).toBeUndefined();
  },
);

test('while the list is blocked it does not activate, and does so when the block is over', async () => {
  const { breaker, pass, steps } = setUp();
  breaker.note({ kind: 'stop', code: '106', reason: 'QCC_106', message: 'refused' });
  expect([await pass({ lost: 1 }), steps]).toEqual([false, []]);
  breaker.reset();
  expect([await pass({ lost: 0 }), steps]).toEqual([true, ['STARTED', 'called', 'QCC_200']]);
});
