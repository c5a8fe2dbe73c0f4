import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { readByOurselves } from '../harness/audit.ts';
import type { ClusterRowInput } from './cluster/cluster-bed.ts';
import { runMixedFaults } from './cluster/mixed.ts';
import { openCounter } from './count/count-occurrences.ts';

function rowInput(seed: string): ClusterRowInput {
  // Python's libraries are installed while the brokers start and the faults happen.
  const opening = openCounter((line) => console.log(line));
  return {
    endpoints: inject('stack'),
    seed,
    random: randomOf(seed, 'plan').fraction,
    say: () => {},
    orderRecords: 1_000,
    async readTopics(bed) {
      const counter = await opening;
      // Where Python's libraries cannot be installed, our own reader counts.
      return 'absent' in counter ? await readByOurselves(bed) : await counter(bed);
    },
  };
}

test('on three brokers, elections, a killed leader and moved coordinators lose nothing and double nothing', {
  tags: 'whole',
}, async () => {
  const figures = await runMixedFaults(rowInput('cluster'), { rounds: 3 });
  expect(figures).toMatchObject({ faults: 3, lost: 0, doubled: 0, wrong: 0, stuck: 0, problems: [] });
});
