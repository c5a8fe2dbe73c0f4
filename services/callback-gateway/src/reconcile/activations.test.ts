import type { Activated } from 'qcc-core/kafka/messages/coverage-fact';
import { expect, test } from 'vitest';
import { createActivations } from './activations.ts';

const fact = (given: Partial<Activated> = {}): Activated => ({
  kind: 'ACTIVATED',
  account: 'main',
  at: 10,
  reason: 'BY_HAND',
  result: 'QCC_200',
  ...given,
});
const NEVER = new AbortController().signal;

/** Whether it resolves with what is known by now. */
async function isAfter(at: number, ...facts: Activated[]): Promise<boolean> {
  const activations = createActivations({ account: 'main' });
  const stop = new AbortController();
  const after = activations.after(at, stop.signal).then(() => !stop.signal.aborted);
  for (const each of facts) activations.note(each);
  await new Promise(setImmediate);
  stop.abort();
  return await after;
}

test.each<[string, number, Activated[]]>([
  ['a later one', 5, [fact()]],
  ['one where QCC had nothing to activate, which is as good', 5, [fact({ result: 'QCC_201' })]],
  ['an old one read after a newer one', 15, [fact({ at: 20 }), fact({ at: 1 })]],
])('the wait for an activation ends with %s', async (_, at, facts) => {
  expect(await isAfter(at, ...facts)).toBe(true);
});

test.each<[string, number, Activated[]]>([
  ['none', 5, []],
  ['one at that time, which the pass made itself', 10, [fact()]],
  ['one that only began', 5, [fact({ result: 'STARTED' })]],
  ['one that QCC refused', 5, [fact({ result: 'QCC_101' })]],
  ["another account's", 5, [fact({ account: 'other' })]],
])('the wait for an activation does not end with %s', async (_, at, facts) => {
  expect(await isAfter(at, ...facts)).toBe(false);
});

test('one that is known already is not waited for, and is told once', async () => {
  const activations = createActivations({ account: 'main' });
  activations.note(fact());
  await activations.after(5, NEVER);
  const stop = new AbortController();
  let isTold = false;
  const again = activations.after(5, stop.signal).then(() => {
    isTold = !stop.signal.aborted;
  });
  await new Promise(setImmediate);
  stop.abort();
  await again;
  expect(isTold).toBe(false);
});
