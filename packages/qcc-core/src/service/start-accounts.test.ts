import { expect, test, vi } from 'vitest';
import { startAccounts } from './start-accounts.ts';

const pauses = { minTimeout: 1, maxTimeout: 2 };
const accounts = ['north', 'south'];

function open(start: (account: string) => Promise<void>) {
  const onFailure = vi.fn<(account: string, error: unknown) => void>();
  const ending = new AbortController();
  const running = startAccounts({ accounts, start, onFailure, signal: ending.signal, pauses });
  return { running, onFailure, ending };
}

test('an account that hangs while it starts does not hold up the others', async () => {
  await open((account) => (account === 'north' ? new Promise(() => {}) : Promise.resolve())).running;
});

test('an account that hangs does not hold up the next start of one that failed', async () => {
  let failed = false;
  const { running, onFailure } = open(async (account) => {
    if (account === 'north') return await new Promise(() => {});
    if (failed) return;
    failed = true;
    throw new Error('the secret is missing');
  });
  await running;
  expect(onFailure).toHaveBeenCalledTimes(1);
});

test.each([new Error('the secret is missing'), new TypeError('a mistake')])(
  'an account that fails with %s is started again until it runs',
  async (error) => {
    let failures = 3;
    const start = vi.fn(async (account: string) => {
      if (account === 'north' && failures > 0) {
        failures -= 1;
        throw error;
      }
    });
    const { running, onFailure } = open(start);
    await running;
    await vi.waitFor(() =>
      expect(start.mock.calls.map(([account]) => account)).toEqual([...accounts, 'north', 'north', 'north']),
    );
    expect(onFailure.mock.calls).toEqual(Array.from({ length: 3 }, () => ['north', error]));
  },
);

test('if no account can start, the error names each of them', async () => {
  const { running, onFailure } = open((account) => Promise.reject(new Error(`no key of ${account}`)));
  await expect(running).rejects.toThrow('account north: no key of north\naccount south: no key of south');
  expect(onFailure.mock.calls.map(([account]) => account)).toEqual(accounts);
});

test('after the end no account is started again', async () => {
  let attempts = 0;
  const { running, ending } = open(async (account) => {
    if (account === 'south') return;
    attempts += 1;
    if (attempts === 3) ending.abort();
    throw new Error('no key');
  });
  await running;
  await vi.waitFor(() => expect(attempts).toBe(3));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(attempts).toBe(3);
});
