import { expect, test } from 'vitest';
import type { QccFailure, QccOutcome } from './outcome.ts';
import { withRetry } from './retry.ts';

const failure = (kind: QccFailure['kind']): QccFailure => ({ kind, code: null, reason: 'X', message: 'x' });
const success: QccOutcome<string> = { kind: 'success', value: 'v', fetchedAt: 1 };
const fast = { attempts: 3, minDelayMs: 1, maxDelayMs: 2 };

function script(...outcomes: QccOutcome<string>[]) {
  const state = { calls: 0 };
  const call = async () => outcomes[Math.min(state.calls++, outcomes.length - 1)]!;
  return { state, call };
}

test.each<[string, QccOutcome<string>[], QccOutcome<string>, number]>([
  ['a success is not repeated', [success], success, 1],
  ['trouble that passes ends in success', [failure('retry'), failure('unknown'), success], success, 3],
  ['trouble that stays ends with the attempts', [failure('retry')], failure('retry'), 3],
  ['what is unknown ends with the attempts', [failure('unknown')], failure('unknown'), 3],
  ['a stop after trouble ends it', [failure('retry'), failure('stop')], failure('stop'), 2],
  ...(['later', 'pause', 'stop', 'never'] as const).map(
    (kind): [string, QccOutcome<string>[], QccOutcome<string>, number] => [
      `${kind} is not repeated`,
      [failure(kind)],
      failure(kind),
      1,
    ],
  ),
])('%s', async (_, outcomes, last, calls) => {
  const { state, call } = script(...outcomes);
  expect(await withRetry(call, fast)).toEqual(last);
  expect(state.calls).toBe(calls);
});

test('later is repeated where giving up would throw away what was answered', async () => {
  const { state, call } = script(failure('later'), failure('retry'), success);
  expect(await withRetry(call, { ...fast, alsoLater: true })).toEqual(success);
  expect(state.calls).toBe(3);
});

test('an exception is not repeated', async () => {
  let calls = 0;
  const call = async () => {
    calls++;
    throw new TypeError('fetch failed');
  };
  await expect(withRetry(call, fast)).rejects.toThrow('fetch failed');
  expect(calls).toBe(1);
});

test('an abort ends the pause between attempts', async () => {
  const controller = new AbortController();
  const call = async () => {
    controller.abort(new Error('shutting down'));
    return failure('retry');
  };
  await expect(withRetry(call, { attempts: 3, minDelayMs: 600_000, signal: controller.signal })).rejects.toThrow(
    'shutting down',
  );
});
