import { createHealth } from 'qcc-core/health';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createGate, GATE_HEALTH_PART, MIDNIGHT_GRACE_MS, STOP_PAUSE_MS } from './gate.ts';

const failure = (kind: QccFailure['kind'], code: string | null): QccFailure => ({
  kind,
  code,
  reason: code ? `QCC_${code}` : 'TIMEOUT',
  message: 'refused',
});
const ANSWER = { kind: 'empty', fetchedAt: 0 } as const;

/** An hour before midnight in Shanghai. */
const NOW = Date.parse('2021-03-16T23:00:00+08:00');

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

function setUp(readOnly = false) {
  const health = createHealth({ parts: [] });
  const errors: unknown[] = [];
  const log = { info() {}, warn() {}, error: (...line: unknown[]) => void errors.push(line) };
  const gate = createGate({ readOnly, now: Date.now, health, log });
  onTestFinished(() => gate[Symbol.dispose]());
  const opened = vi.fn();
  gate.onOpen(opened);
  return { gate, health, errors, opened };
}

const CLOSED = { limit: 0, closedFor: 'GATE_CLOSED' };
const PROBING = { limit: 1, closedFor: null };
const OPEN = { limit: Number.POSITIVE_INFINITY, closedFor: null };
const look = (gate: ReturnType<typeof createGate>) => ({ limit: gate.limit(), closedFor: gate.closedFor() });

test.each(['109', '116'])(
  'the daily limit (%s) closes it until the next Shanghai midnight, and that is well',
  (code) => {
    const { gate, health, opened } = setUp();
    gate.note(failure('pause', code));
    expect(look(gate)).toEqual(CLOSED);
    vi.setSystemTime(NOW);
    vi.advanceTimersByTime(3_600_000 + MIDNIGHT_GRACE_MS - 1);
    expect(look(gate)).toEqual(CLOSED);
    expect(opened).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(look(gate)).toEqual(PROBING);
    expect(opened).toHaveBeenCalledOnce();
    expect(health.problems()).toEqual({});
  },
);

test('trouble with the account closes it, loudly, and it is not ready until QCC answers a probe', () => {
  const { gate, health, errors, opened } = setUp();
  gate.note(failure('stop', '102'));
  expect(look(gate)).toEqual(CLOSED);
  expect(health.problems()).toEqual({ [GATE_HEALTH_PART]: expect.stringContaining('a person') });
  expect(errors).toHaveLength(1);
  vi.advanceTimersByTime(STOP_PAUSE_MS);
  expect(look(gate)).toEqual(PROBING);
  expect(health.problems()).not.toEqual({});
  gate.note(ANSWER);
  expect(look(gate)).toEqual(OPEN);
  expect(health.problems()).toEqual({});
  expect(opened).toHaveBeenCalledTimes(2);
});

describe('a probe', () => {
  const probing = () => {
    const deps = setUp();
    deps.gate.note(failure('stop', '101'));
    vi.advanceTimersByTime(STOP_PAUSE_MS);
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
  ])('%s decides how it goes on', (_, outcome, expected) => {
    const { gate } = probing();
    gate.note(outcome);
    expect(look(gate)).toEqual(expected);
  });
});

test('calls that were under way when it closed do not open it', () => {
  const { gate } = setUp();
  gate.note(failure('pause', '109'));
  gate.note(ANSWER);
  expect(look(gate)).toEqual(CLOSED);
});

test('the longer of two closures counts', () => {
  const { gate } = setUp();
  gate.note(failure('pause', '109'));
  gate.note(failure('stop', '107'));
  vi.advanceTimersByTime(STOP_PAUSE_MS);
  expect(look(gate)).toEqual(CLOSED);
});

test('read-only it is closed, for that reason, and well', () => {
  const { gate, health } = setUp(true);
  expect(look(gate)).toEqual({ limit: 0, closedFor: 'READ_ONLY' });
  expect(health.problems()).toEqual({});
});
