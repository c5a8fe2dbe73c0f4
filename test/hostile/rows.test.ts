import { randomOf } from 'qcc-simulator/random';
import { afterAll, expect, inject, test } from 'vitest';
import { openWaits } from '../campaign/waits.ts';
import { HOSTILE_ROWS } from './campaign.ts';
import { createTarget } from './target.ts';

const target = createTarget(inject('stack'));
afterAll(() => target[Symbol.asyncDispose]());

/** Each starts services again and again, or waits for limits of time. */
const COSTLY = new Set([
  'canaries',
  'early-callbacks',
  'slow-clients',
  'invented-orders',
  'punished-lists',
  'hostile-orders',
  'endless-orders',
  'forged-archives',
  'cut-bodies',
  'large-waiting',
  'qcc-answers',
]);

test('every costly row is in the table', () => {
  expect(HOSTILE_ROWS.map(({ name }) => name)).toEqual(expect.arrayContaining([...COSTLY]));
});

for (const { name, title, run } of HOSTILE_ROWS) {
  test(title, { tags: COSTLY.has(name) ? 'whole' : [] }, async () => {
    const figures = await run({
      stack: inject('stack'),
      target,
      seed: name,
      within: openWaits().within,
      random: randomOf('npm test', 'hostile', name),
      short: true,
      say: () => {},
    });
    expect(figures.problems).toEqual([]);
    expect(figures.broken).toBe(0);
    expect(figures.attacks).toBeGreaterThan(0);
  });
}
