import type { Activated } from 'qcc-core/coverage-fact';
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

test.each<[string, number, Activated[], boolean]>([
  ['none', 5, [], false],
  ['a later one', 5, [fact()], true],
  ['QCC had nothing to activate, which is as good', 5, [fact({ result: 'QCC_201' })], true],
  ['one at that time, which the pass made itself', 10, [fact()], false],
  ['one that only began', 5, [fact({ result: 'STARTED' })], false],
  ['one that QCC refused', 5, [fact({ result: 'QCC_101' })], false],
  ["another account's", 5, [fact({ account: 'other' })], false],
  ['an old one read after a newer one', 15, [fact({ at: 20 }), fact({ at: 1 })], true],
])('%s', async (_, at, facts, expected) => {
  expect(await isAfter(at, ...facts)).toBe(expected);
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
