import { expect, test } from 'vitest';
import { ClosingError, HandlerError } from '../errors.ts';
import type { ErasedRecord } from '../generated/topics.ts';
import { memoryStore } from '../store/version-store.ts';
import { erasure, versionOf } from '../testing/change-record.ts';
import { type EraseDeps, erase } from './erase.ts';

const KEY = { account: 'main', corpKeyNo: 'k1', id: 'r1' };

function setUp(failures = 0) {
  const steps: string[] = [];
  const store = memoryStore();
  const deps: EraseDeps = {
    withdraw: async () => void steps.push('handlers ended'),
    store,
    async onErased({ corpKeyNo }: ErasedRecord) {
      steps.push(`hook ${corpKeyNo}`);
      if (steps.length <= failures + 1) throw new TypeError('it cannot be erased');
    },
    retry: { retries: 2, firstPauseMs: 1 },
    signal: new AbortController().signal,
    cut: new AbortController().signal,
    onFailure: () => {},
  };
  return { steps, store, deps };
}

test('the hook is called after the handlers have ended, and then the versions are forgotten', async () => {
  const { steps, store, deps } = setUp();
  await store.set(KEY, versionOf(1));
  await erase(deps, erasure());
  expect(steps).toEqual(['handlers ended', 'hook k1']);
  expect(await store.get(KEY)).toBeUndefined();
});

test('the hook is not called again for what the store knows, and again for a later time', async () => {
  const { steps, deps } = setUp();
  for (const erasedAt of [1, 1, 2]) await erase(deps, erasure({ erasedAt }));
  expect(steps.filter((step) => step === 'hook k1')).toHaveLength(2);
});

test('a hook that fails is called again', async () => {
  const { steps, deps } = setUp(2);
  await erase(deps, erasure());
  expect(steps).toEqual(['handlers ended', 'hook k1', 'hook k1', 'hook k1']);
});

test('a hook that fails in all attempts is an error that names the company, and nothing is remembered', async () => {
  const { store, deps } = setUp(10);
  await store.set(KEY, versionOf(1));
  await expect(erase(deps, erasure())).rejects.toThrow(HandlerError);
  await expect(erase(deps, erasure())).rejects.toThrow(/onErased failed for the company k1 of account main/);
  expect(await store.hasErased?.(erasure())).toBe(false);
  expect(await store.get(KEY)).toBeDefined();
});

test('without a hook the versions are forgotten all the same', async () => {
  const { store, deps } = setUp();
  await store.set(KEY, versionOf(1));
  await erase({ ...deps, onErased: undefined }, erasure());
  expect(await store.get(KEY)).toBeUndefined();
});

test.each(['onErased', 'withdraw'] as const)(
  'once nothing is waited for any more, %s is not, and nothing is remembered',
  async (name) => {
    const { store, deps } = setUp();
    const closing = new AbortController();
    const cut = new AbortController();
    const called = Promise.withResolvers<void>();
    const hang = () => {
      called.resolve();
      return new Promise<void>(() => {});
    };
    const erasing = erase({ ...deps, [name]: hang, signal: closing.signal, cut: cut.signal }, erasure());
    await called.promise;
    closing.abort(new ClosingError('the subscription closes'));
    cut.abort(new ClosingError('it did not end in time'));
    await expect(erasing).rejects.toThrow(ClosingError);
    expect(await store.hasErased?.(erasure())).toBe(false);
  },
);
