import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { openFaultBed } from './fault-bed.ts';
import { runArrivals } from './rows/arrivals.ts';
import { runCallbacks } from './rows/callbacks.ts';

const CASES = process.env.TEST_FORM === 'whole' ? 200 : 60;

test(`the tables equal a model in ${CASES} cases, although everything arrives ten times, in any order, with replays in between`, async () => {
  const figures = await runArrivals(inject('stack').CLICKHOUSE_URL, {
    seed: 20_260_316,
    cases: CASES,
    say: () => {},
  });
  expect(figures).toMatchObject({ lost: 0, doubled: 0, wrong: 0, problems: [] });
});

test('callbacks ten times, shuffled, old orders after new ones, replays in between: each revision is there once', {
  tags: 'whole',
}, async () => {
  await using bed = await openFaultBed(inject('stack'), { seed: 'callbacks' });
  const figures = await runCallbacks(bed, { cases: 5, random: randomOf('callbacks', 'cases').fraction, say: () => {} });
  expect(figures).toMatchObject({ lost: 0, doubled: 0, wrong: 0, problems: [] });
});
