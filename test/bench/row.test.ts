import { expect, test } from 'vitest';
import { openWaits } from '../campaign/waits.ts';
import { inTurns } from './row.ts';

const NEVER = () => new Promise<number>(() => {});

test('a side that never finishes its turn fails the turns by its name', async () => {
  const { within } = openWaits();
  const turns = inTurns(2, { ours: async () => 1, python: NEVER }, { within, limitMs: 20 });
  await expect(turns).rejects.toThrow('the peer python: turn 0: not done within 0.02 s');
});

test('in rotated turns, each side comes before each other one as often as after it', async () => {
  const { within } = openWaits();
  const order: string[] = [];
  const noting = (side: string) => async () => order.push(side);
  await inTurns(5, { a: noting('a'), b: noting('b'), c: noting('c') }, { within, rotated: true });
  const turns = Array.from({ length: 6 }, (_, turn) => order.slice(3 * turn, 3 * turn + 3));
  const before = (one: string, other: string) =>
    turns.filter((sides) => sides.indexOf(one) < sides.indexOf(other)).length;
  expect([before('a', 'b'), before('a', 'c'), before('b', 'c')]).toEqual([3, 3, 3]);
});

test('turns that warm up come first and are not counted', async () => {
  const { within } = openWaits();
  const runs = await inTurns(2, { ours: async (round) => round }, { within, warmUps: 3 });
  expect(runs).toEqual({ ours: [3, 4] });
});
