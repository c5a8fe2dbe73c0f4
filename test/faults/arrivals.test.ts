import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { openTestBed } from '../harness/pipeline.ts';
import { FAULT_ENV } from './env.ts';
import { runArrivals } from './rows/arrivals.ts';
import { runCallbacks } from './rows/callbacks.ts';

test('whatever arrives ten times in whatever order, replays in between: the tables equal a model, in 200 cases', async () => {
  const figures = await runArrivals(inject('stack').CLICKHOUSE_URL, { seed: 20_260_316, say: () => {} });
  expect(figures).toMatchObject({ lost: 0, doubled: 0, wrong: 0, problems: [] });
});

test('callbacks ten times, shuffled, old orders after new ones, replays in between: each revision is there once', async () => {
  await using bed = await openTestBed({
    stack: inject('stack'),
    simulator: { seed: 'callbacks', faults: { processingShare: 0.2, processingAsks: 1 } },
    env: FAULT_ENV,
  });
  const random = randomOf('callbacks', 'cases');
  const figures = await runCallbacks(bed, { cases: 5, random: () => random.bits() / 2 ** 32, say: () => {} });
  expect(figures).toMatchObject({ lost: 0, doubled: 0, wrong: 0, problems: [] });
});
