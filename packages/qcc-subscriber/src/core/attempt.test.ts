import { describe, expect, test } from 'vitest';
import { ClosingError } from '../errors.ts';
import { attempt } from './attempt.ts';

const retry = { retries: 3, firstPauseMs: 0, longestPauseMs: 0 };

function failing(times: number, error: unknown = new TypeError('it failed')) {
  const calls: number[] = [];
  const failures: unknown[] = [];
  const call = async (number: number): Promise<void> => {
    calls.push(number);
    if (calls.length <= times) throw error;
  };
  return { calls, call, failures, onFailure: (found: unknown) => void failures.push(found) };
}

test.each([0, 1, 3])('a call that fails %i times is repeated until it resolves', async (times) => {
  const { call, calls, failures, onFailure } = failing(times);
  expect(await attempt(call, { retry, signal: new AbortController().signal, onFailure })).toBeNull();
  expect(calls).toEqual(Array.from({ length: times + 1 }, (_, at) => at + 1));
  expect(failures.length).toBe(times);
});

test.each([new TypeError('a bug'), 'a text', null])(
  'a call that always fails with %s gives its error after all attempts',
  async (error) => {
    const { call, calls, onFailure } = failing(Number.POSITIVE_INFINITY, error);
    expect(await attempt(call, { retry, signal: new AbortController().signal, onFailure })).toEqual({
      error,
      attempts: 4,
    });
    expect(calls.length).toBe(4);
  },
);

describe('if the signal aborts', () => {
  const reason = new ClosingError('it closes');

  test('while a call runs, the call counts if it resolves', async () => {
    const controller = new AbortController();
    const call = async () => controller.abort(reason);
    expect(await attempt(call, { retry, signal: controller.signal, onFailure() {} })).toBeNull();
  });
  test('while a call runs that fails, it is not repeated and no failure', async () => {
    const controller = new AbortController();
    const failures: unknown[] = [];
    const call = async () => {
      controller.abort(reason);
      throw new Error('interrupted');
    };
    const signal = controller.signal;
    await expect(attempt(call, { retry, signal, onFailure: (error) => failures.push(error) })).rejects.toBe(reason);
    expect(failures).toEqual([]);
  });
  test('in a pause, no other call is made', async () => {
    const controller = new AbortController();
    const { call, calls } = failing(Number.POSITIVE_INFINITY);
    const onFailure = () => setImmediate(() => controller.abort(reason));
    const long = { ...retry, firstPauseMs: 60_000, longestPauseMs: 60_000 };
    await expect(attempt(call, { retry: long, signal: controller.signal, onFailure })).rejects.toBe(reason);
    expect(calls.length).toBe(1);
  });
});

test('an iterator that was left is no failure', async () => {
  const { call, calls, failures, onFailure } = failing(1, new ClosingError('left'));
  await expect(attempt(call, { retry, signal: new AbortController().signal, onFailure })).rejects.toThrow('left');
  expect([calls.length, failures.length]).toEqual([1, 0]);
});
