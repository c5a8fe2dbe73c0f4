/**
 * `npm run chaos`: drives the real stack and the four services through the table of faults, and writes what it saw to
 * docs/reliability.md. Each row has names of its own in one stack, which is its own too and gone at the end.
 */
import { parseArgs } from 'node:util';
import { describeError } from 'qcc-core/errors';
import { randomOf } from 'qcc-simulator/random';
import { FAULT_ENV } from '../test/faults/env.ts';
import type { RowFigures } from '../test/faults/row.ts';
import { runArrivals } from '../test/faults/rows/arrivals.ts';
import { runBrokerFaults } from '../test/faults/rows/broker.ts';
import { runCallbacks } from '../test/faults/rows/callbacks.ts';
import { runClickHouseAway, runCutInserts } from '../test/faults/rows/clickhouse.ts';
import { runEvidenceFull, runSpoolFull } from '../test/faults/rows/disk.ts';
import { runFreezes } from '../test/faults/rows/freezes.ts';
import { runKafkaAwayAtGateway } from '../test/faults/rows/gateway.ts';
import { runHandovers } from '../test/faults/rows/handovers.ts';
import { runKills } from '../test/faults/rows/kills.ts';
import { runQccFaults } from '../test/faults/rows/qcc.ts';
import { runRegistryAway } from '../test/faults/rows/registry.ts';
import { type LiveStack, openLiveStack } from '../test/harness/live-stack.ts';
import { openTestBed, type TestBed } from '../test/harness/pipeline.ts';
import type { Say } from '../test/harness/say.ts';
import { RELIABILITY_RUNS } from './chaos/render-reliability.ts';
import { writeGeneratedDocs } from './docs.ts';
import { chooseRows } from './kept-runs.ts';

type RowInput = { bed: TestBed; stack: LiveStack; random: () => number; short: boolean; say: Say };

/** In the order of running; `--short` is for trying a row out. */
const ROWS: Readonly<Record<string, (input: RowInput) => Promise<RowFigures>>> = {
  kills: ({ bed, random, short, say }) => runKills(bed, { kills: short ? 30 : 200, random, say }),
  freezes: ({ bed, random, short, say }) => runFreezes(bed, { freezes: short ? 3 : 10, random, say }),
  handovers: ({ bed, random, short, say }) => runHandovers(bed, { rounds: short ? 2 : 5, random, say }),
  broker: ({ bed, stack, random, short, say }) => runBrokerFaults(bed, { stack, times: short ? 1 : 5, random, say }),
  'clickhouse-away': ({ bed, stack, short, say }) =>
    runClickHouseAway(bed, { stack, records: short ? 20_000 : 200_000, awayMs: short ? 20_000 : 300_000, say }),
  'clickhouse-cuts': ({ bed, stack, random, short, say }) =>
    runCutInserts(bed, { stack, cuts: short ? 20 : 100, random, say }),
  registry: ({ bed, stack, say }) => runRegistryAway(bed, { stack, say }),
  gateway: ({ bed, stack, short, say }) => runKafkaAwayAtGateway(bed, { stack, awayMs: short ? 45_000 : 120_000, say }),
  qcc: ({ bed, short, say }) =>
    runQccFaults(bed, { lookups: short ? 500 : 5_000, opensInMs: short ? 60_000 : 120_000, say }),
  callbacks: ({ bed, random, short, say }) => runCallbacks(bed, { cases: short ? 20 : 200, random, say }),
  arrivals: ({ bed, random, say }) =>
    runArrivals(bed.stack.CLICKHOUSE_URL, { seed: Math.floor(random() * 2 ** 31), say }),
  disk: ({ bed, say }) => runSpoolFull(bed, { say }),
  'evidence-disk': ({ bed, say }) => runEvidenceFull(bed, { say }),
};

const USAGE = `npm run chaos                     all rows; about two hours
npm run chaos -- --only ROW,ROW   some: ${Object.keys(ROWS).join(', ')}
npm run chaos -- --seed TEXT      another draw of points and pauses (default: campaign)
npm run chaos -- --short          fewer faults; nothing is written to docs`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'campaign' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(USAGE);
else await run(values);

async function run({ seed, only, short }: { seed: string; only?: string | undefined; short: boolean }): Promise<void> {
  const names = chooseRows(only, Object.keys(ROWS));
  await using stack = await openLiveStack((line) => console.log(line));
  for (const name of names) {
    console.log(`\n> ${name}`);
    const figures = await runRow(name, { stack, seed, short }).catch((error: unknown) => {
      console.error(`${name} could not be carried through: ${describeError(error)}`);
      process.exitCode = 1;
    });
    if (!figures) continue;
    console.log(figures);
    if (figures.lost + figures.doubled + figures.wrong > 0 || figures.problems.length > 0) process.exitCode = 1;
    if (short) continue;
    RELIABILITY_RUNS.keep(name, {
      figures,
      command: `npm run chaos -- --only ${name} --seed ${seed}`,
      order: Object.keys(ROWS),
    });
    writeGeneratedDocs([RELIABILITY_RUNS.file]);
  }
}

async function runRow(
  name: string,
  { stack, seed, short }: { stack: LiveStack; seed: string; short: boolean },
): Promise<RowFigures> {
  const began = performance.now();
  const draw = randomOf(seed, 'chaos', name);
  await using bed = await openTestBed({
    stack: stack.env,
    simulator: { seed: `${seed}-${name}`, faults: { processingShare: 0.2, processingAsks: 1 } },
    env: FAULT_ENV,
  });
  return await ROWS[name]!({
    bed,
    stack,
    short,
    random: () => draw.bits() / 2 ** 32,
    say: (line) => console.log(`  ${((performance.now() - began) / 1_000).toFixed(0)} s  ${line}`),
  });
}
