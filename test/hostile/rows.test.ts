import { randomOf } from 'qcc-simulator/random';
import { afterAll, expect, inject, test } from 'vitest';
import { HOSTILE_ROWS } from './rows/all.ts';
import { createTarget } from './target.ts';

const target = createTarget(inject('stack'));
afterAll(() => target[Symbol.asyncDispose]());

for (const { name, attack, run } of HOSTILE_ROWS) {
  test(attack, async () => {
    const figures = await run({
      stack: inject('stack'),
      target,
      random: randomOf('npm test', 'hostile', name),
      short: true,
      say: () => {},
    });
    expect(figures.problems).toEqual([]);
    expect(figures.broken).toBe(0);
    expect(figures.attacks).toBeGreaterThan(0);
  });
}
