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
  const call = joinCalls<string>({ work, weightOf: (item) => item.length, mostWeight: 6 });
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

test('what would be too much together goes in several, in the order of the calls; what is too much alone goes alone', async () => {
  const { works, call } = workInHand();
  const calls = ['aaa', 'bbb', 'cc', 'much too much', 'd'].map(call);
  for (let index = 0; index < 4; index += 1) {
    await until(() => works.length > index);
    works[index]!.end.resolve();
  }
  await Promise.all(calls);
  expect(works.map(({ items }) => items)).toEqual([['aaa', 'bbb'], ['cc'], ['much too much'], ['d']]);
});

test('an item fails by its own fault only', async () => {
  const done: string[] = [];
  const call = joinCalls<string>({
    async work(items) {
      if (items.includes('bad')) throw new Error('refused');
      done.push(...items);
    },
    weightOf: () => 1,
    mostWeight: 10,
  });
  const outcomes = await Promise.allSettled([call('one'), call('bad'), call('other')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(done.toSorted()).toEqual(['one', 'other']);
  await call('later');
  expect(done).toContain('later');
});
