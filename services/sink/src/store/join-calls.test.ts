import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { joinCalls } from './join-calls.ts';

/** Work that waits to be ended, by the items that it was given. */
function workInHand() {
  const works: { items: readonly string[]; end: PromiseWithResolvers<void> }[] = [];
  const work = async (items: readonly string[]) => {
    const end = Promise.withResolvers<void>();
    works.push({ items, end });
    await end.promise;
  };
  const call = joinCalls<string>(work);
  return { works, call };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

test('what comes while the work is under way goes into the next one together', async () => {
  const { works, call } = workInHand();
  const first = call('a');
  await until(() => works.length === 1);
  const later = [call('b'), call('c')];
  works[0]!.end.resolve();
  await first;
  await until(() => works.length === 2);
  expect(works.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
  works[1]!.end.resolve();
  await Promise.all(later);
});

test('an item fails by its own fault only', async () => {
  const done: string[] = [];
  const work = async (items: readonly string[]) => {
    if (items.includes('bad')) throw new Error('refused');
    done.push(...items);
  };
  const call = joinCalls<string>(work);
  const outcomes = await Promise.allSettled([call('one'), call('bad'), call('other')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(done.toSorted()).toEqual(['one', 'other']);
  await call('later');
  expect(done).toContain('later');
});
