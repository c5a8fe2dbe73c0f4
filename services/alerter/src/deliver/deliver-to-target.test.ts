import type { DeliveryOutcome } from 'qcc-alerts/message/judge-response';
import type { AlertMessage, WaitingAlert } from 'qcc-alerts/message/plan-message';
import { createMetrics } from 'qcc-core/base/metrics';
import { expect, test } from 'vitest';
import { createTestClock } from '../testing/test-clock.ts';
import { createTargetQueue, type InFlight } from './deliver-to-target.ts';

const START = Date.UTC(2026, 10, 25);
const PAUSE_MS = 3_050;
const GIVE_UP_MS = 3_600_000;
const FAILED: DeliveryOutcome = { kind: 'failed', reason: 'ECONNREFUSED' };
const DELIVERED: DeliveryOutcome = { kind: 'delivered' };

const waitingAlert = (at: number, dueAt: number): WaitingAlert => ({
  key: `k${at}`,
  alert: { id: `a${at}`, rule: 'r', fields: {} },
  record: { corpKeyNo: 'corp', id: `change-${at}` },
  dueAt,
  isHeld: false,
});

function setUp(
  outcomeOf: (message: AlertMessage, at: number) => DeliveryOutcome = () => DELIVERED,
  random: () => number = () => 0.5,
) {
  const clock = createTestClock(START);
  const ending = new AbortController();
  const sent: { at: number; id: string; alerts: string[]; isDigest: boolean }[] = [];
  const log: string[] = [];
  const deadLetters: string[] = [];
  const erased = new Set<string>();
  const metrics = createMetrics({ service: 'alerter', account: 'main' });
  /** What happens while a transaction is written. */
  const meanwhile = { finish() {} };
  const queue = createTargetQueue({
    target: 'team',
    async send(message) {
      const { id, isDigest, alerts } = message;
      sent.push({ at: clock.now() - START, id, alerts: alerts.map((each) => each.id), isDigest });
      log.push(`sent ${id}`);
      return outcomeOf(message, clock.now() - START);
    },
    deliveries: {
      begin: async ({ message }) => void log.push(`began ${message.id}`),
      async finish({ message }, deadLetter) {
        log.push(`finished ${message.id}`);
        if (deadLetter) deadLetters.push(deadLetter.reason);
        meanwhile.finish();
      },
    },
    isErased: ({ record }) => record !== null && erased.has(record.id),
    pauseMs: PAUSE_MS,
    giveUpMs: GIVE_UP_MS,
    ...clock,
    random,
    signal: ending.signal,
    log: { warn() {}, error() {}, info() {} },
    metrics,
  });
  const add = (from: number, to: number, given: Partial<WaitingAlert> = {}) => {
    for (let at = from; at < to; at += 1)
      queue.add({
        ...waitingAlert(at, clock.now()),
        ...given,
      });
  };
  const run = (inFlight?: InFlight) => {
    const ended = queue.run(inFlight).catch(() => {});
    return {
      async [Symbol.asyncDispose]() {
        ending.abort();
        await ended;
      },
    };
  };
  const failingSeconds = async () => (await metrics.alertTargetDown.get()).values.map(({ value }) => value);
  return { clock, sent, log, deadLetters, erased, add, run, failingSeconds, meanwhile };
}

test('alerts go out one by one, in their order, with a pause between them', async () => {
  const { clock, sent, log, add, run } = setUp();
  await using _ = run();
  add(0, 3);
  await clock.advance(20_000);
  expect(sent.map(({ alerts }) => alerts)).toEqual([['a0'], ['a1'], ['a2']]);
  expect(sent.map(({ at }) => at)).toEqual([PAUSE_MS, 2 * PAUSE_MS, 3 * PAUSE_MS]);
  expect(log.slice(0, 3)).toEqual([`began ${sent[0]!.id}`, `sent ${sent[0]!.id}`, `finished ${sent[0]!.id}`]);
});

test('no minute has more than twenty messages, whatever comes', async () => {
  const { clock, sent, add, run } = setUp();
  await using _ = run();
  for (let at = 0; at < 300; at += 1) {
    add(at, at + 1);
    await clock.advance(1_000);
  }
  for (const { at } of sent)
    expect(sent.filter((other) => other.at > at - 60_000 && other.at <= at).length).toBeLessThanOrEqual(20);
  expect(sent.flatMap(({ alerts }) => alerts)).toEqual(
    Array.from({ length: sent.flatMap(({ alerts }) => alerts).length }, (_, at) => `a${at}`),
  );
  expect(sent.length).toBeGreaterThan(50);
});

test('a backlog after an outage is one digest, and what was on its way keeps its id', async () => {
  const { clock, sent, add, run } = setUp((_, at) => (at < 60_000 ? FAILED : DELIVERED));
  await using _ = run();
  add(0, 1);
  await clock.advance(5_000);
  add(1, 1_000);
  await clock.advance(120_000);
  const first = sent.filter(({ alerts }) => alerts.includes('a0'));
  expect(first.length).toBeGreaterThan(3);
  expect(new Set(first.map(({ id }) => id)).size).toBe(1);
  const [digest, ...others] = sent.filter(({ alerts }) => !alerts.includes('a0'));
  expect(others).toEqual([]);
  expect(digest).toMatchObject({ isDigest: true, alerts: Array.from({ length: 999 }, (_, at) => `a${at + 1}`) });
});

test('alerts of quiet hours come as one digest at their end', async () => {
  const { clock, sent, add, run } = setUp();
  await using _ = run();
  const dueAt = START + 8 * 3_600_000;
  add(0, 3, { dueAt, isHeld: true });
  await clock.advance(8 * 3_600_000 - 1);
  expect(sent).toEqual([]);
  await clock.advance(1);
  expect(sent).toMatchObject([{ isDigest: true, alerts: ['a0', 'a1', 'a2'] }]);
});

test('a message that was on its way at the end is sent again first, as it was', async () => {
  const { clock, sent, add, run } = setUp();
  add(0, 20);
  const message = { id: 'msg_before', isDigest: false, at: START - 1 };
  await using _ = run({ message, alerts: [waitingAlert(0, START)] });
  await clock.advance(10_000);
  expect(sent[0]).toMatchObject({ id: 'msg_before', alerts: ['a0'] });
  expect(sent.slice(1).flatMap(({ alerts }) => alerts)).toEqual(Array.from({ length: 19 }, (_, at) => `a${at + 1}`));
});

test('attempts are rarer and rarer, and end in a dead letter after the limit', async () => {
  const { clock, sent, deadLetters, add, run } = setUp(() => FAILED);
  await using _ = run();
  add(0, 1);
  await clock.advance(GIVE_UP_MS * 2);
  expect(deadLetters).toEqual([expect.stringMatching(/^ECONNREFUSED, and it was tried for \d+ s$/)]);
  const pauses = sent.slice(1).map(({ at }, index) => at - sent[index]!.at);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  expect(sent.length).toBeLessThan(25);
});

test('a message that the target refuses is a dead letter at once, and the next one goes out', async () => {
  const { clock, sent, deadLetters, add, run } = setUp(({ alerts }) =>
    alerts[0]!.id === 'a0' ? { kind: 'refused', reason: 'HTTP 400' } : DELIVERED,
  );
  await using _ = run();
  add(0, 2);
  await clock.advance(10_000);
  expect(deadLetters).toEqual(['HTTP 400']);
  expect(sent.map(({ alerts }) => alerts)).toEqual([['a0'], ['a1']]);
});

test.each<[string, DeliveryOutcome]>([
  ['is refused', { kind: 'refused', reason: 'HTTP 400' }],
  ['is given up', FAILED],
])('a target no longer counts as failing after a message to it %s', async (_, last) => {
  const { clock, deadLetters, add, run, failingSeconds } = setUp((_, at) => (at < GIVE_UP_MS / 2 ? FAILED : last));
  await using _run = run();
  add(0, 1);
  await clock.advance(GIVE_UP_MS / 2);
  expect((await failingSeconds())[0]).toBeGreaterThan(60);
  await clock.advance(GIVE_UP_MS);
  expect(deadLetters).toHaveLength(1);
  expect(await failingSeconds()).toEqual([0]);
});

test('a target that says it has its limit is left alone for that time', async () => {
  let answers = 0;
  const { clock, sent, add, run } = setUp(() =>
    answers++ === 0 ? { kind: 'limited', reason: 'code 130101', pauseMs: 600_000 } : DELIVERED,
  );
  await using _ = run();
  add(0, 1);
  await clock.advance(700_000);
  expect(sent.map(({ at }) => at)).toEqual([PAUSE_MS, PAUSE_MS + 600_000]);
});

test('an erased alert is not sent, whether it waits alone or in a digest', async () => {
  const { clock, sent, erased, add, run } = setUp();
  await using _ = run();
  add(0, 2);
  add(2, 5, { dueAt: START + 60_000, isHeld: true });
  erased.add('change-0').add('change-3');
  await clock.advance(120_000);
  expect(sent.map(({ alerts }) => alerts)).toEqual([['a1'], ['a2', 'a4']]);
});

test('a message that is tried again lacks an alert that was erased meanwhile, and keeps its id', async () => {
  const { clock, sent, erased, add, run } = setUp((_, at) => (at < 60_000 ? FAILED : DELIVERED));
  await using _ = run();
  add(0, 12);
  await clock.advance(20_000);
  const before = sent.length;
  erased.add('change-5');
  await clock.advance(120_000);
  expect(before).toBeGreaterThan(1);
  expect(sent.slice(0, before).every(({ alerts }) => alerts.includes('a5'))).toBe(true);
  expect(sent.slice(before).some(({ alerts }) => alerts.includes('a5'))).toBe(false);
  expect(sent.at(-1)!.alerts).toHaveLength(11);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
});

test('a message of erased alerts ends without another attempt and without a dead letter', async () => {
  const { clock, sent, log, deadLetters, erased, add, run, failingSeconds } = setUp(({ alerts }) =>
    alerts[0]!.id === 'a0' ? FAILED : DELIVERED,
  );
  await using _ = run();
  add(0, 1);
  await clock.advance(PAUSE_MS + 10_000);
  const attempts = sent.length;
  expect(await failingSeconds()).not.toEqual([0]);
  erased.add('change-0');
  await clock.advance(60_000);
  expect(await failingSeconds()).toEqual([0]);
  add(1, 2);
  await clock.advance(60_000);
  expect(sent.slice(attempts).map(({ alerts }) => alerts)).toEqual([['a1']]);
  expect(log[1 + attempts]).toBe(`finished ${sent[0]!.id}`);
  expect(deadLetters).toEqual([]);
});

test('the longest pause between attempts is five minutes, jitter included', async () => {
  const { clock, sent, add, run } = setUp(
    () => FAILED,
    () => 1,
  );
  await using _ = run();
  add(0, 1);
  await clock.advance(GIVE_UP_MS);
  const pauses = sent.slice(1).map(({ at }, index) => at - sent[index]!.at);
  expect(Math.max(...pauses)).toBe(300_000);
});

test('a clock that steps back by an hour delays no alert by more than a pause', async () => {
  const { clock, sent, add, run } = setUp();
  await using _ = run();
  add(0, 2);
  await clock.advance(PAUSE_MS);
  clock.step(-3_600_000);
  add(2, 3, { dueAt: START });
  await clock.advance(3 * PAUSE_MS);
  expect(sent.map(({ alerts }) => alerts)).toEqual([['a0'], ['a1'], ['a2']]);
});

test('a clock that steps forward ends no pause early', async () => {
  const { clock, sent, add, run, meanwhile } = setUp();
  await using _ = run();
  add(0, 2);
  meanwhile.finish = () => clock.step(3_600_000);
  await clock.advance(2 * PAUSE_MS - 1);
  expect(sent.map(({ alerts }) => alerts)).toEqual([['a0']]);
  await clock.advance(1);
  expect(sent.map(({ alerts }) => alerts)).toEqual([['a0'], ['a1']]);
});

test('a clock that steps forward past the end of quiet hours is noticed within a minute', async () => {
  const { clock, sent, add, run } = setUp();
  await using _ = run();
  add(0, 1, { dueAt: START + 8 * 3_600_000, isHeld: true });
  await clock.advance(PAUSE_MS);
  clock.step(8 * 3_600_000);
  await clock.advance(60_000);
  expect(sent).toHaveLength(1);
});
