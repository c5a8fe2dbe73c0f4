import { createHealth } from 'qcc-core/base/health';
import type { DetailGate } from 'qcc-core/contract/domain';
import { QUOTA_GRACE_MS, STOP_PAUSE_MS } from 'qcc-core/qcc/closed-until';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import type { GateEntry } from 'qcc-details/quota/gate-entry';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createGate, GATE_HEALTH_PART, PROBE_TURN_MS } from './gate.ts';

const failure = (kind: QccFailure['kind'], code: string | null): QccFailure => ({
  kind,
  code,
  reason: code ? `QCC_${code}` : 'TIMEOUT',
  message: 'refused',
});
const ANSWER = { kind: 'empty', fetchedAt: 0 } as const;

/** An hour before midnight in Shanghai. */
const NOW = Date.parse('2021-03-16T23:00:00+08:00');
const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

type Given = Partial<Pick<Parameters<typeof createGate>[0], 'readOnly' | 'needsConsent' | 'quotaOpensAt'>>;

/** A topic with as many instances as turns are given, the first being the one that is looked at. */
function setUp({ turns = [0], ...given }: Given & { turns?: number[] } = {}) {
  const health = createHealth({ parts: [] });
  const errors: unknown[] = [];
  const log = { info() {}, warn() {}, error: (...line: unknown[]) => void errors.push(line) };
  const entries: GateEntry[] = [];
  const gates = turns.map((_, instance) => {
    const gate = createGate({
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
    onTestFinished(() => gate[Symbol.dispose]());
    return gate;
  });
  const say = (entry: GateEntry) => {
    for (const gate of gates) gate.read({ class: null, until: null, reason: null, message: null, ...entry });
  };
  const gate = gates[0]!;
  const changed = vi.fn();
  gate.onChange(changed);
  return { gate, gates, turns, health, errors, entries, say, changed };
}

const CLOSED = { limit: 0, closedFor: 'GATE_CLOSED' };
const PROBING = { limit: 1, closedFor: null };
const OPEN = { limit: Number.POSITIVE_INFINITY, closedFor: null };
const look = (gate: ReturnType<typeof createGate>) => ({ limit: gate.limit(), closedFor: gate.closedFor() });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test.each([
  ['109', 0, HOUR_MS],
  ['116', 0, HOUR_MS],
  ['116', 8 * 60 + 30, 9.5 * HOUR_MS],
  ['116', 23 * 60, 24 * HOUR_MS],
])(
  'the daily limit (%s) closes it until %i minutes past midnight in Shanghai, and that is well',
  async (code, quotaOpensAt, pauseMs) => {
    const { gate, health, changed } = setUp({ quotaOpensAt });
    gate.note(failure('pause', code));
    expect(look(gate)).toEqual(CLOSED);
    await pass(pauseMs + QUOTA_GRACE_MS - 1);
    expect(look(gate)).toEqual(CLOSED);
    changed.mockClear();
    await pass(1);
    expect(look(gate)).toEqual(PROBING);
    expect(changed).toHaveBeenCalledOnce();
    expect(health.problems()).toEqual({});
  },
);

test('trouble with the account closes it, loudly, and it is not ready until QCC answers a probe', async () => {
  const { gate, health, errors } = setUp();
  gate.note(failure('stop', '102'));
  expect(look(gate)).toEqual(CLOSED);
  expect(health.problems()).toEqual({ [GATE_HEALTH_PART]: expect.stringContaining('a person') });
  expect(errors).toHaveLength(1);
  await pass(STOP_PAUSE_MS);
  expect(look(gate)).toEqual(PROBING);
  expect(health.problems()).not.toEqual({});
  gate.note(ANSWER);
  expect(look(gate)).toEqual(OPEN);
  expect(health.problems()).toEqual({});
  await pass(0);
  expect(look(gate)).toEqual(OPEN);
});

describe('a probe', () => {
  const probing = async () => {
    const deps = setUp();
    deps.gate.note(failure('stop', '101'));
    await pass(STOP_PAUSE_MS);
    return deps;
  };

  test.each([
    ['refused again', failure('stop', '101'), CLOSED],
    ['told of the daily limit', failure('pause', '109'), CLOSED],
    ['that reaches nobody', failure('retry', null), PROBING],
    ['that a proxy answers', failure('unknown', null), PROBING],
    ['told to come later', failure('later', '205'), OPEN],
    ["that meets QCC's own trouble", failure('retry', '199'), OPEN],
    ['that asks what cannot be answered', failure('never', '208'), OPEN],
  ])('%s decides how it goes on', async (_, outcome, expected) => {
    const { gate } = await probing();
    gate.note(outcome);
    expect(look(gate)).toEqual(expected);
  });
});

describe('where a person asks for a probe before the time', () => {
  const asked = { account: 'main', state: 'PROBE', since: NOW, by: 'qcc' } as const;

  test.each(['pause', 'stop'] as const)(
    'after a %s one lookup of one instance goes through, and its answer opens the gate',
    async (kind) => {
      const { gates, gate, say } = setUp({ turns: [0, 3] });
      gate.note(failure(kind, kind === 'pause' ? '116' : '102'));
      await pass(0);
      say(asked);
      expect(gates.map(look)).toEqual([PROBING, CLOSED]);
      gate.note(ANSWER);
      await pass(0);
      expect(gates.map(look)).toEqual([OPEN, OPEN]);
    },
  );

  test('QCC may still say no, and it is closed as before', async () => {
    const { gates, gate, say } = setUp({ turns: [0, 3] });
    gate.note(failure('pause', '116'));
    await pass(0);
    say(asked);
    gate.note(failure('pause', '116'));
    await pass(0);
    expect(gates.map(look)).toEqual([CLOSED, CLOSED]);
  });

  test('for another account, nothing changes', async () => {
    const { gate, say } = setUp();
    gate.note(failure('pause', '116'));
    await pass(0);
    say({ ...asked, account: 'other' });
    expect(look(gate)).toEqual(CLOSED);
  });
});

test('calls that were under way when it closed do not open it', async () => {
  const { gate, entries } = setUp();
  gate.note(failure('pause', '109'));
  gate.note(ANSWER);
  await pass(0);
  expect(look(gate)).toEqual(CLOSED);
  expect(entries.map(({ state }) => state)).toEqual(['CLOSED']);
});

test('the longer of two closures counts', async () => {
  const { gate } = setUp();
  gate.note(failure('pause', '109'));
  gate.note(failure('stop', '107'));
  await pass(STOP_PAUSE_MS);
  expect(look(gate)).toEqual(CLOSED);
});

test('read-only it is closed, for that reason, and well', () => {
  const { gate, health } = setUp({ readOnly: true });
  expect(look(gate)).toEqual({ limit: 0, closedFor: 'READ_ONLY' });
  expect(health.problems()).toEqual({});
});

describe('before a person has agreed', () => {
  const consent = { state: 'CONSENT', since: NOW, by: 'qcc' } as const;

  test('it is closed for that reason, and opens when the topic says so', () => {
    const { gate, say, changed } = setUp({ needsConsent: true });
    expect(look(gate)).toEqual({ limit: 0, closedFor: 'NOT_CONFIRMED' });
    say({ ...consent, account: 'main' });
    expect(look(gate)).toEqual(OPEN);
    expect(changed).toHaveBeenCalledOnce();
  });

  test('what is agreed to for another account does not count', () => {
    const { gate, say } = setUp({ needsConsent: true });
    say({ ...consent, account: 'other' });
    expect(look(gate)).toEqual({ limit: 0, closedFor: 'NOT_CONFIRMED' });
  });

  test('agreeing does not open what QCC has closed', () => {
    const { gate, say } = setUp({ needsConsent: true });
    gate.note(failure('pause', '116'));
    say({ ...consent, account: 'main' });
    expect(look(gate)).toEqual(CLOSED);
  });
});

describe('with several instances', () => {
  test('what one is told closes all, and a stop makes none of them ready', async () => {
    const { gate, gates, health } = setUp({ turns: [0, 3] });
    gates[1]!.note(failure('stop', '103'));
    await pass(0);
    expect(gates.map(look)).toEqual([CLOSED, CLOSED]);
    expect(health.problems()).toEqual({ [GATE_HEALTH_PART]: expect.stringContaining('a person') });
    await pass(STOP_PAUSE_MS);
    gate.note(ANSWER);
    await pass(0);
    expect(gates.map(look)).toEqual([OPEN, OPEN]);
    expect(health.problems()).toEqual({});
  });

  test('one probes; the next takes its turn where nothing was heard, and who has no work never does', async () => {
    const { gates } = setUp({ turns: [0, 3, Number.POSITIVE_INFINITY] });
    gates[2]!.note(failure('stop', '101'));
    await pass(STOP_PAUSE_MS);
    expect(gates.map(look)).toEqual([PROBING, CLOSED, CLOSED]);
    await pass(3 * PROBE_TURN_MS);
    expect(gates.map(look)).toEqual([PROBING, PROBING, CLOSED]);
    gates[1]!.note(failure('stop', '101'));
    await pass(0);
    expect(gates.map(look)).toEqual([CLOSED, CLOSED, CLOSED]);
  });

  test('who is given the first partition takes over the probe', async () => {
    const { gate, turns } = setUp({ turns: [3] });
    gate.note(failure('stop', '101'));
    await pass(STOP_PAUSE_MS);
    expect(look(gate)).toEqual(CLOSED);
    turns[0] = 0;
    gate.turnChanged();
    expect(look(gate)).toEqual(PROBING);
  });
});

test('what stands on the topic at a start closes it before the first call', () => {
  const { gate } = setUp();
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
  gate.read(entry);
  expect(look(gate)).toEqual(CLOSED);
});

test('it stays closed where the topic cannot be written', async () => {
  const { health } = setUp();
  const errors: string[] = [];
  const gate = createGate({
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
  onTestFinished(() => gate[Symbol.dispose]());
  gate.note(failure('pause', '116'));
  await pass(0);
  expect(look(gate)).toEqual(CLOSED);
  expect(errors).toEqual([expect.stringContaining('no broker')]);
});
