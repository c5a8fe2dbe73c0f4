import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { openTestBed } from '../harness/pipeline.ts';
import { FAULT_ENV } from './env.ts';
import { runKills } from './rows/kills.ts';

test('thirty kills at named points of the four services lose nothing and double nothing', async () => {
  await using bed = await openTestBed({
    stack: inject('stack'),
    simulator: { seed: 'kills', faults: { processingShare: 0.2, processingAsks: 1 } },
    env: FAULT_ENV,
  });
  const random = randomOf('kills', 'plan');
  const plan = { kills: 30, orderRecords: 300, random: () => random.bits() / 2 ** 32, say: () => {} };
  const figures = await runKills(bed, plan);
  expect(figures).toMatchObject({ faults: 30, lost: 0, doubled: 0, wrong: 0, problems: [] });
});
