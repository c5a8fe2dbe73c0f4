import { createErasures } from 'qcc-alerts/decide/erasures';
import type { DeliveryOutcome } from 'qcc-alerts/message/judge-response';
import type { AlertMessage } from 'qcc-alerts/message/plan-message';
import { createMetrics } from 'qcc-core/base/metrics';
import type { AlertState } from 'qcc-core/contract/domain';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { alertStateKey, alertStateMessage } from 'qcc-core/kafka/messages/alert-state';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import { expect, test } from 'vitest';
import { createTestClock } from '../testing/test-clock.ts';
import { openDeliveries } from './open-deliveries.ts';

const START = Date.UTC(2026, 10, 25);
/** Values as they are, so that a test can read them. */
const codec = { encode: (_: string, value: unknown) => Buffer.from(JSON.stringify(value)) };

const alertEntry = (id: string, given: { target?: string; company?: string } = {}): [string, AlertState] => {
  const { target = 'team', company = '甲有限公司' } = given;
  const key = alertStateKey.alert('main', target, `alt_${id}`);
  const alert = JSON.stringify({ id: `alt_${id}`, rule: 'r', fields: { company } });
  const [corpKeyNo, changeId] = id.split('/') as [string, string];
  const entry = {
    account: 'main',
    kind: 'ALERT',
    at: START,
    target,
    alert,
    dueAt: START,
    corpKeyNo,
    changeId,
  } as const;
  return [key, JSON.parse(String(alertStateMessage(codec, key, entry).value)) as AlertState];
};

const DELIVERED: DeliveryOutcome = { kind: 'delivered' };

/** The sending lane over a state that takes what is written, as the table does a moment later. */
function setUp(entries: readonly [string, AlertState][], outcome = Promise.resolve(DELIVERED)) {
  const clock = createTestClock(START);
  const state = new Map(entries);
  const ending = new AbortController();
  const deadLetters: { bytes: number; isHash: boolean; alerts: { id: string }[] }[] = [];
  const sent: AlertMessage[] = [];
  const take = ({ topic, key, value, headers }: AnyOutgoing) => {
    if (topic.name === 'dead-letters') {
      const isHash = headers?.['qcc.dlq.digest'] !== undefined;
      deadLetters.push({ bytes: (value as Buffer).length, isHash, ...JSON.parse(String(value)) });
    } else if (value === null) state.delete(String(key));
    else state.set(String(key), JSON.parse(String(value)) as AlertState);
  };
  const lane: Pick<Lane, 'transact' | 'signal' | 'abandon'> = {
    signal: ending.signal,
    abandon: (reason) => ending.abort(reason),
    async transact(body) {
      await body({
        async send(messages) {
          for (const message of messages) take(message);
          return [];
        },
      });
    },
  };
  const erasures = createErasures();
  const metrics = createMetrics({ service: 'alerter', account: 'main' });
  const open = () =>
    openDeliveries(
      {
        ...{
          account: 'main',
          prefix: '',
          codec,
          targets: { team: { kind: 'webhook' } },
          erasures,
          giveUpMs: 3_600_000,
        },
        async send(_, message) {
          sent.push(message);
          return await outcome;
        },
        ...{ now: clock.now, monotonicNow: clock.monotonicNow, sleep: clock.sleep, random: () => 0.5 },
        log: { warn() {}, error() {}, info() {} },
        metrics,
      },
      lane,
      () => state,
    );
  const loseLane = () => ending.abort();
  return { clock, state, deadLetters, sent, erasures, metrics, open, loseLane, [Symbol.dispose]: loseLane };
}

const idsOf = (messages: readonly { alerts: readonly { id: string }[] }[]) =>
  messages.flatMap(({ alerts }) => alerts.map(({ id }) => id));

test('alerts of a removed target become dead letters that hold all of them, however many they are', async () => {
  const entries = Array.from({ length: 2_000 }, (_, at) =>
    alertEntry(`corp/${at}`, { target: 'gone', company: '甲'.repeat(300) }),
  );
  using bench = setUp(entries);
  bench.open();
  await bench.clock.advance(1_000);
  expect(idsOf(bench.deadLetters)).toEqual(entries.map(([, { alert }]) => JSON.parse(alert!).id));
  expect(bench.deadLetters.every(({ isHash, bytes }) => !isHash && bytes <= 256 * 1_024)).toBe(true);
  expect(bench.state.size).toBe(0);
});

test('erased alerts are in no message and no dead letter, and leave the state', async () => {
  using bench = setUp([
    alertEntry('erased/1'),
    alertEntry('corp/1'),
    alertEntry('corp/2'),
    alertEntry('erased/2', { target: 'gone' }),
    alertEntry('corp/3', { target: 'gone' }),
  ]);
  bench.erasures.apply({ corpKeyNo: 'erased', id: null });
  const deliveries = bench.open();
  bench.erasures.apply({ corpKeyNo: 'corp', id: '2' });
  deliveries.noteErasure();
  // As another instance writes it that has not read the erasure yet.
  const [key, entry] = alertEntry('erased/3');
  bench.state.set(key, entry);
  deliveries.take(key, entry);
  await bench.clock.advance(60_000);
  expect(idsOf(bench.sent)).toEqual(['alt_corp/1']);
  expect(idsOf(bench.deadLetters)).toEqual(['alt_corp/3']);
  expect(bench.state.size).toBe(0);
});

test('a message that was on its way is sent again with its id and without an alert that was erased meanwhile', async () => {
  const entries = [alertEntry('corp/1'), alertEntry('corp/2')];
  const message = { account: 'main', kind: 'MESSAGE', at: START, target: 'team', messageId: 'msg_before' } as const;
  const key = alertStateKey.message('main', 'team');
  const written = alertStateMessage(codec, key, { ...message, alerts: entries.map(([alertKey]) => alertKey) });
  using bench = setUp([...entries, [key, JSON.parse(String(written.value)) as AlertState]]);
  bench.erasures.apply({ corpKeyNo: 'corp', id: '1' });
  bench.open();
  await bench.clock.advance(60_000);
  expect(bench.sent.map(({ id, alerts }) => [id, alerts.map((alert) => alert.id)])).toEqual([
    ['msg_before', ['alt_corp/2']],
  ]);
});

test.each<DeliveryOutcome>([
  DELIVERED,
  { kind: 'failed', reason: 'ECONNREFUSED' },
  { kind: 'limited', reason: 'HTTP 429', pauseMs: 60_000 },
  { kind: 'refused', reason: 'HTTP 400' },
])(
  'a message that ends as $kind after the lane was lost shows no target as failing, and no alert as waiting',
  async (outcome) => {
    const sending = Promise.withResolvers<DeliveryOutcome>();
    using bench = setUp([alertEntry('corp/1'), alertEntry('corp/2')], sending.promise);
    bench.open();
    await bench.clock.advance(60_000);
    expect(bench.sent).toHaveLength(1);
    bench.loseLane();
    sending.resolve(outcome);
    await bench.clock.advance(60_000);
    const { alertTargetDown, alertsWaiting } = bench.metrics;
    expect((await alertTargetDown.get()).values).toEqual([]);
    expect((await alertsWaiting.get()).values).toEqual([]);
    expect(bench.deadLetters).toEqual([]);
  },
);
