import { expect, test } from 'vitest';
import { openWaits } from '../campaign/waits.ts';
import { inTurns } from './row.ts';

const NEVER = () => new Promise<number>(() => {});

test('a side that never finishes its turn fails the turns by its name', async () => {
  const { within } = openWaits();
  const turns = inTurns(2, { ours: async () => 1, python: NEVER }, { within, limitMs: 20 });
  await expect(turns).rejects.toThrow('the peer python: turn 0: not done within 0.02 s');
});
