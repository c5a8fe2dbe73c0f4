import { expect, it } from 'vitest';
import { KeptGroups } from './kept-groups.ts';

async function* numbers({ failing = false } = {}): AsyncGenerator<number[], void> {
  yield [1, 2];
  yield [3];
  if (failing) throw new Error('no more');
  yield [4];
}

const all = async (groups: AsyncIterable<readonly number[]>) => (await Array.fromAsync(groups)).flat();

it('gives what came again, and what is left, after somebody stopped half-way', async () => {
  const groups = new KeptGroups(numbers());
  for await (const group of groups) if (group.includes(2)) break;
  expect(groups.isComplete).toBe(false);
  expect([await all(groups), await all(groups)]).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
  expect(groups.isComplete).toBe(true);
});

it('gives everything to who comes while another one waits', async () => {
  const groups = new KeptGroups(numbers());
  expect(await Promise.all([all(groups), all(groups)])).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
});

it('takes no half for the whole: a failure comes again', async () => {
  const groups = new KeptGroups(numbers({ failing: true }));
  await expect(all(groups)).rejects.toThrow('no more');
  await expect(all(groups)).rejects.toThrow('no more');
  expect([groups.isComplete, groups.failure]).toEqual([false, { error: new Error('no more') }]);
});
