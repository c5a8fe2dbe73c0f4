import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { openFaultBed } from './fault-bed.ts';
import { runKills } from './rows/kills.ts';

const KILLS = process.env.TEST_FORM === 'whole' ? 30 : 6;

test(`${KILLS} kills at named points of the four services lose nothing and double nothing`, async () => {
  await using bed = await openFaultBed(inject('stack'), { seed: 'kills' });
  const plan = { kills: KILLS, orderRecords: 300, random: randomOf('kills', 'plan').fraction, say: () => {} };
  const figures = await runKills(bed, plan);
  expect(figures).toMatchObject({ faults: KILLS, lost: 0, doubled: 0, wrong: 0, stuck: 0, problems: [] });
});
