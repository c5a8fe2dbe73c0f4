// @module-tag whole
import { randomOf } from 'qcc-simulator/random';
import { expect, inject, test } from 'vitest';
import { readByOurselves } from '../harness/audit.ts';
import { openFaultBed } from './fault-bed.ts';
import { runOnTopics } from './rows/broker-kinds.ts';

test('on topics whose broker compresses with zstd and sets the times, three kills lose nothing and double nothing', async () => {
  await using bed = await openFaultBed(inject('stack'), { seed: 'broker-kinds' });
  const figures = await runOnTopics(bed, {
    kills: 3,
    config: { 'compression.type': 'zstd', 'message.timestamp.type': 'LogAppendTime' },
    readTopics: readByOurselves,
    random: randomOf('broker-kinds', 'plan').fraction,
    say: () => {},
  });
  expect(figures).toMatchObject({ faults: 3, lost: 0, doubled: 0, wrong: 0, stuck: 0, problems: [] });
});
