import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { openFaultBed } from './fault-bed.ts';
import { runKills } from './rows/kills.ts';

async function expectNothingLost(kills: number): Promise<void> {
  await using bed = await openFaultBed(inject('stack'), { seed: 'kills' });
  const plan = { kills, orderRecords: 300, random: randomOf('kills', 'plan').fraction, say: () => {} };
  const figures = await runKills(bed, plan);
  expect(figures).toMatchObject({ faults: kills, lost: 0, doubled: 0, wrong: 0, problems: [] });
}

test('ten kills at named points of the four services lose nothing and double nothing', () => expectNothingLost(10));

test('thirty kills at named points of the four services lose nothing and double nothing', { tags: 'whole' }, () =>
  expectNothingLost(30),
);
