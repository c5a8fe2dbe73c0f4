import { createHealth } from 'qcc-core/base/health';
import type { DetailGate } from 'qcc-core/contract/domain';
import type { BreakerEntry } from 'qcc-core/kafka/messages/detail-gate';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import { QUOTA_GRACE_MS, STOP_PAUSE_MS } from 'qcc-core/qcc/tripped-until';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  activeTrip,
  BREAKER_HEALTH_PART,
  createCircuitBreaker,
  NO_TRIPS,
  PROBE_TURN_MS,
  readTrip,
} from './circuit-breaker.ts';

const failure = (kind: QccFailure['kind'], code: string | null): QccFailure => ({
  kind,
  code,
  reason: code ? `QCC_${code}` : 'TIMEOUT',
  message: 'refused',
});
const RESPONSE = { kind: 'empty', fetchedAt: 0 } as const;

/** An hour before midnight in Shanghai. */
const NOW = Date.parse('2021-03-16T23:00:00+08:00');
const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

type Given = Partial<Pick<Parameters<typeof createCircuitBreaker>[0], 'readOnly' | 'needsConsent' | 'quotaOpensAt'>>;

/** A topic with as many instances as turns are given, the first being the one that is looked at. */
function setUp({ turns = [0], ...given }: Given & { turns?: number[] } = {}) {
  const health = createHealth({ parts: [] });
  const errors: unknown[] = [];
  const log = { info() {}, warn() {}, error: (...line: unknown[]) => void errors.push(line) };
  const entries: BreakerEntry[] = [];
  const breakers = turns.map((_, instance) => {
    const breaker = createCircuitBreaker({
      account: 'main',
      instance: `instance-${instance}`,
      readOnly: false,
      needsConsent: false,
      quotaOpensAt: 0,
      probeTurn: () => turns[instance]!,
      async publish(entry) {
        entries.push(entry);
        say(entry);
      },
      now: Date.now,
      health: instance === 0 ? health : createHealth({ parts: [] }),
      log,
      ...given,
    });
    onTestFinished(() => breaker[Symbol.dispose]());
    return breaker;
  });
  const say = (entry: BreakerEntry) => {
    for (const breaker of breakers) breaker.read({ class: null, until: null, reason: null, message: null, ...entry });
  };
  const breaker = breakers[0]!;
  const changed = vi.fn();
  breaker.onChange(changed);
  return { breaker, breakers, turns, health, errors, entries, say, changed };
}

const BLOCKED = { limit: 0, blockedBy: 'GATE_CLOSED' };
const PROBING = { limit: 1, blockedBy: null };
const ALLOWED = { limit: Number.POSITIVE_INFINITY, blockedBy: null };
const look = (breaker: ReturnType<typeof createCircuitBreaker>) => ({
  limit: breaker.limit(),
  blockedBy: breaker.blockedBy(),
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test.each([
  ['109', 0, HOUR_MS],
  ['116', 0, HOUR_MS],
  ['116', 8 * 60 + 30, 9.5 * HOUR_MS],
  ['116', 23 * 60, 24 * HOUR_MS],
])(
  'the daily limit (%s) closes it until %i minutes past midnight in Shanghai, and that is well',
  async (code, quotaOpensAt, pauseMs) => {
    const { breaker, health, changed } = setUp({ quotaOpensAt });
    breaker.note(failure('pause', code));
    expect(look(breaker)).toEqual(BLOCKED);
    await pass(pauseMs + QUOTA_GRACE_MS - 1);
    expect(look(breaker)).toEqual(BLOCKED);
    changed.mockClear();
    await pass(1);
    expect(look(breaker)).toEqual(PROBING);
    expect(changed).toHaveBeenCalledOnce();
    expect(health.problems()).toEqual({});
  },
);

test('trouble with the account closes it, loudly, and it is not ready until QCC answers a probe', async () => {
  const { breaker, health, errors } = setUp();
  breaker.note(failure('stop', '102'));
  expect(look(breaker)).toEqual(BLOCKED);
  expect(health.problems()).toEqual({ [BREAKER_HEALTH_PART]: expect.stringContaining('a person') });
  expect(errors).toHaveLength(1);
  await pass(STOP_PAUSE_MS);
  expect(look(breaker)).toEqual(PROBING);
  expect(health.problems()).not.toEqual({});
  breaker.note(RESPONSE);
  expect(look(breaker)).toEqual(ALLOWED);
  expect(health.problems()).toEqual({});
  await pass(0);
  expect(look(breaker)).toEqual(ALLOWED);
});

describe('a probe', () => {
  const probing = async () => {
    const deps = setUp();
    deps.breaker.note(failure('stop', '101'));
    await pass(STOP_PAUSE_MS);
    return deps;
  };

  test.each([
    ['refused again', failure('stop', '101'), BLOCKED],
    ['told of the daily limit', failure('pause', '109'), BLOCKED],
    ['that reaches nobody', failure('retry', null), PROBING],
    ['that a proxy answers', failure('unknown', null), PROBING],
    ['told to come later', failure('later', '205'), ALLOWED],
    ["that meets QCC's own trouble", failure('retry', '199'), ALLOWED],
    ['that asks what cannot be answered', failure('never', '208'), ALLOWED],
  ])('%s decides how it goes on', async (_, outcome, expected) => {
    const { breaker } = await probing();
    breaker.note(outcome);
    expect(look(breaker)).toEqual(expected);
  });
});

describe('where a person asks for a probe before the time', () => {
  const asked = { account: 'main', state: 'PROBE', since: NOW, by: 'qcc' } as const;

  test.each(['pause', 'stop'] as const)(
    'after a %s one lookup of one instance goes through, and its response resets the circuit breaker',
    async (kind) => {
      const { breakers, breaker, say } = setUp({ turns: [0, 3] });
      breaker.note(failure(kind, kind === 'pause' ? '116' : '102'));
      await pass(0);
      say(asked);
      expect(breakers.map(look)).toEqual([PROBING, BLOCKED]);
      breaker.note(RESPONSE);
      await pass(0);
      expect(breakers.map(look)).toEqual([ALLOWED, ALLOWED]);
    },
  );

  test('QCC may still say no, and it is closed as before', async () => {
    const { breakers, breaker, say } = setUp({ turns: [0, 3] });
    breaker.note(failure('pause', '116'));
    await pass(0);
    say(asked);
    breaker.note(failure('pause', '116'));
    await pass(0);
    expect(breakers.map(look)).toEqual([BLOCKED, BLOCKED]);
  });

  test('for another account, nothing changes', async () => {
    const { breaker, say } = setUp();
    breaker.note(failure('pause', '116'));
    await pass(0);
    say({ ...asked, account: 'other' });
    expect(look(breaker)).toEqual(BLOCKED);
  });
});

test('calls that were under way when it closed do not open it', async () => {
  const { breaker, entries } = setUp();
  breaker.note(failure('pause', '109'));
  breaker.note(RESPONSE);
  await pass(0);
  expect(look(breaker)).toEqual(BLOCKED);
  expect(entries.map(({ state }) => state)).toEqual(['CLOSED']);
});

test('the longer of two trips counts', async () => {
  const { breaker } = setUp();
  breaker.note(failure('pause', '109'));
  breaker.note(failure('stop', '107'));
  await pass(STOP_PAUSE_MS);
  expect(look(breaker)).toEqual(BLOCKED);
});

test('in read-only mode it blocks calls for that reason, and is healthy', () => {
  const { breaker, health } = setUp({ readOnly: true });
  expect(look(breaker)).toEqual({ limit: 0, blockedBy: 'READ_ONLY' });
  expect(health.problems()).toEqual({});
});

describe('before a person has agreed', () => {
  const consent = { state: 'CONSENT', since: NOW, by: 'qcc' } as const;

  test('it is closed for that reason, and opens when the topic says so', () => {
    const { breaker, say, changed } = setUp({ needsConsent: true });
    expect(look(breaker)).toEqual({ limit: 0, blockedBy: 'NOT_CONFIRMED' });
    say({ ...consent, account: 'main' });
    expect(look(breaker)).toEqual(ALLOWED);
    expect(changed).toHaveBeenCalledOnce();
  });

  test('what is agreed to for another account does not count', () => {
    const { breaker, say } = setUp({ needsConsent: true });
    say({ ...consent, account: 'other' });
    expect(look(breaker)).toEqual({ limit: 0, blockedBy: 'NOT_CONFIRMED' });
  });

  test('agreeing does not open what QCC has closed', () => {
    const { breaker, say } = setUp({ needsConsent: true });
    breaker.note(failure('pause', '116'));
    say({ ...consent, account: 'main' });
    expect(look(breaker)).toEqual(BLOCKED);
  });
});

describe('with several instances', () => {
  test('a refusal that one instance gets blocks all, and a stop makes all not ready', async () => {
    const { breaker, breakers, health } = setUp({ turns: [0, 3] });
    breakers[1]!.note(failure('stop', '103'));
    await pass(0);
    expect(breakers.map(look)).toEqual([BLOCKED, BLOCKED]);
    expect(health.problems()).toEqual({ [BREAKER_HEALTH_PART]: expect.stringContaining('a person') });
    await pass(STOP_PAUSE_MS);
    breaker.note(RESPONSE);
    await pass(0);
    expect(breakers.map(look)).toEqual([ALLOWED, ALLOWED]);
    expect(health.problems()).toEqual({});
  });

  test('one probes; the next takes its turn if it hears nothing, and an instance without work never does', async () => {
    const { breakers } = setUp({ turns: [0, 3, Number.POSITIVE_INFINITY] });
    breakers[2]!.note(failure('stop', '101'));
    await pass(STOP_PAUSE_MS);
    expect(breakers.map(look)).toEqual([PROBING, BLOCKED, BLOCKED]);
    await pass(3 * PROBE_TURN_MS);
    expect(breakers.map(look)).toEqual([PROBING, PROBING, BLOCKED]);
    breakers[1]!.note(failure('stop', '101'));
    await pass(0);
    expect(breakers.map(look)).toEqual([BLOCKED, BLOCKED, BLOCKED]);
  });

  test('an instance that gets the first partition takes over the probe', async () => {
    const { breaker, turns } = setUp({ turns: [3] });
    breaker.note(failure('stop', '101'));
    await pass(STOP_PAUSE_MS);
    expect(look(breaker)).toEqual(BLOCKED);
    turns[0] = 0;
    breaker.turnChanged();
    expect(look(breaker)).toEqual(PROBING);
  });
});

test('what stands on the topic at a start closes it before the first call', () => {
  const { breaker } = setUp();
  const entry: DetailGate = {
    account: 'main',
    state: 'CLOSED',
    class: 'pause',
    reason: 'QCC_116',
    message: 'refused',
    until: NOW + HOUR_MS,
    since: NOW - HOUR_MS,
    by: 'an instance of long ago',
  };
  breaker.read(entry);
  expect(look(breaker)).toEqual(BLOCKED);
});

test('it stays closed where the topic cannot be written', async () => {
  const { health } = setUp();
  const errors: string[] = [];
  const breaker = createCircuitBreaker({
    account: 'main',
    instance: 'alone',
    readOnly: false,
    needsConsent: false,
    quotaOpensAt: 0,
    probeTurn: () => 0,
    publish: () => Promise.reject(new Error('no broker')),
    now: Date.now,
    health,
    log: { info() {}, warn() {}, error: (...line: unknown[]) => void errors.push(line.join(' ')) },
  });
  onTestFinished(() => breaker[Symbol.dispose]());
  breaker.note(failure('pause', '116'));
  await pass(0);
  expect(look(breaker)).toEqual(BLOCKED);
  expect(errors).toEqual([expect.stringContaining('no broker')]);
});

const entry = (given: Partial<DetailGate>): DetailGate => ({
  account: 'main',
  state: 'CLOSED',
  class: 'pause',
  reason: 'QCC_116',
  message: null,
  until: 100,
  since: 1,
  by: 'other',
  ...given,
});
const RESET = entry({ state: 'OPEN', class: null, until: null });
const PROBE = entry({ state: 'PROBE', class: null, until: null, since: 50 });

test.each<[string, DetailGate[], number | null]>([
  ['nothing was said', [], null],
  ['one instance tripped it', [entry({})], 100],
  ['it was reset', [entry({}), RESET], null],
  ['it tripped again', [entry({}), RESET, entry({ until: 300 })], 300],
  ['two instances tripped it, the longer first', [entry({ until: 200 }), entry({ until: 100, class: 'stop' })], 200],
  ['two instances tripped it, the longer last', [entry({ until: 100, class: 'stop' }), entry({ until: 200 })], 200],
  ['a person asked for a probe', [entry({}), PROBE], PROBE.since],
  ['it tripped again after a probe', [entry({}), PROBE, entry({ until: 300 })], 300],
  ['a probe found it open', [entry({}), PROBE, RESET], null],
  ['a person only agreed', [entry({ state: 'CONSENT', class: null, until: null })], null],
  ['a later release says what this one does not know', [entry({}), entry({ state: 'HALF_OPEN', until: null })], 100],
])('%s', (_, entries, until) => {
  expect(activeTrip(entries.reduce(readTrip, NO_TRIPS))?.until ?? null).toBe(until);
});

test('a trip that the instance found out itself holds until it is read back, whatever the topic said before it', () => {
  const own = { until: 100, since: 5, by: 'me' };
  const opened = readTrip({ known: null, own }, RESET);
  expect(activeTrip(opened)).toEqual(own);
  const readBack = readTrip(opened, entry(own));
  expect(readBack).toEqual({ known: own, own: null });
  expect(activeTrip(readTrip(readBack, RESET))).toBeNull();
});
