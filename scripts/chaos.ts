/**
 * `npm run chaos`: drives the real stack and the four services through the table of faults, and writes what it saw to
 * docs/reliability.md. Rows on one broker share a stack and have separate names in it; each row on three brokers has its own
 * cluster. Stack and clusters belong to the campaign, and are removed at the end.
 */
import { parseArgs } from 'node:util';
import { describeError } from 'qcc-core/base/errors';
import { randomOf } from 'qcc-simulator/random';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import type { ClusterRowInput } from '../test/faults/cluster/cluster-bed.ts';
import { runCoordinatorMoves, runLoadingOnce } from '../test/faults/cluster/coordinators.ts';
import { runCutOff } from '../test/faults/cluster/cut-off.ts';
import { runPreferredElections } from '../test/faults/cluster/elections.ts';
import { runExpiredOffsets } from '../test/faults/cluster/expired-offsets.ts';
import { runFaultFree } from '../test/faults/cluster/fault-free.ts';
import { runLongFreezes, runShortFreezes } from '../test/faults/cluster/freezes.ts';
import { runMixedFaults } from '../test/faults/cluster/mixed.ts';
import { runLeaderKills, runRollingRestarts, runTwoKilled } from '../test/faults/cluster/restarts.ts';
import { runUncleanElection } from '../test/faults/cluster/unclean.ts';
import { runUpgrade } from '../test/faults/cluster/upgrade.ts';
import { openCounter } from '../test/faults/count/count-occurrences.ts';
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
import { chooseRows, codeCommit, isOfThisCode } from './kept-runs.ts';

type NodeRowInput = { bed: TestBed; stack: LiveStack; random: () => number; short: boolean; say: Say };

/** On one broker, in the order of running; `--short` is for trying a row out. */
const NODE_ROWS: Readonly<Record<string, (input: NodeRowInput) => Promise<RowFigures>>> = {
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

/** On three brokers. */
const CLUSTER_ROWS: Readonly<Record<string, (input: ClusterRowInput, short: boolean) => Promise<RowFigures>>> = {
  'cluster-fault-free': (input, short) => runFaultFree(input, { orders: short ? 3 : 12, records: 5_000 }),
  'cluster-elections': (input, short) => runPreferredElections(input, { elections: short ? 4 : 30 }),
  'cluster-rolling': (input, short) => runRollingRestarts(input, { rounds: short ? 1 : 4 }),
  'cluster-kills': (input, short) => runLeaderKills(input, { kills: short ? 2 : 15 }),
  'cluster-freezes': (input, short) => runShortFreezes(input, { freezes: short ? 1 : 5 }),
  'cluster-long-freezes': (input, short) => runLongFreezes(input, { freezes: short ? 1 : 2 }),
  'cluster-two-killed': (input, short) => runTwoKilled(input, { rounds: short ? 1 : 5 }),
  'cluster-coordinators': (input, short) => runCoordinatorMoves(input, { rounds: short ? 2 : 10 }),
  'cluster-loading': (input, short) => runLoadingOnce(input, { rounds: short ? 3 : 9 }),
  'cluster-mixed': (input, short) => runMixedFaults(input, { rounds: short ? 3 : 15 }),
  'cluster-unclean': (input) => runUncleanElection(input),
  'cluster-offsets-expired': (input) => runExpiredOffsets(input, { times: 1 }),
  'cluster-cut-off': (input, short) => runCutOff(input, { cuts: short ? 1 : 4 }),
  'cluster-upgrade': (input) => runUpgrade(input, { times: 1 }),
};

const NAMES = [...Object.keys(NODE_ROWS), ...Object.keys(CLUSTER_ROWS)];

const USAGE = `npm run chaos                     all rows; about three hours
npm run chaos -- --only ROW,ROW   some: ${NAMES.join(', ')}
npm run chaos -- --resume         those that have no figures of this commit yet
npm run chaos -- --seed TEXT      another draw of points and pauses (default: campaign)
npm run chaos -- --short          fewer faults; nothing is written to docs`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'campaign' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(USAGE);
else await run(values);

type Options = { seed: string; only?: string | undefined; short: boolean; resume: boolean };

async function run({ seed, only, short, resume }: Options): Promise<void> {
  const commit = codeCommit();
  endWithMe();
  openScratchFolder('chaos');
  const kept = RELIABILITY_RUNS.read();
  const isDone = (name: string): boolean => resume && kept[name] !== undefined && isOfThisCode(kept[name]);
  const names = chooseRows(only, NAMES).filter((name) => !isDone(name));
  const runEach = async (wanted: readonly string[], runRow: (row: OneRow) => Promise<RowFigures>): Promise<void> => {
    for (const name of wanted) await runAndKeep(name, { seed, short, commit, runRow });
  };
  const onOne = names.filter((name) => name in NODE_ROWS);
  if (onOne.length > 0) {
    await using stack = await openLiveStack((line) => console.log(line));
    await runEach(onOne, (row) => runOnOneBroker(row, stack));
  }
  const onThree = names.filter((name) => name in CLUSTER_ROWS);
  if (onThree.length > 0) {
    const counter = await openCounter((line) => console.log(line));
    if ('absent' in counter) throw new Error(`rows on three brokers are counted in Python, and ${counter.absent}`);
    await using stack = await openLiveStack((line) => console.log(line), ['registry', 'clickhouse']);
    await runEach(onThree, (row) =>
      CLUSTER_ROWS[row.name]!({ ...row, endpoints: stack.env, readTopics: counter }, short),
    );
  }
}

type OneRow = { name: string; seed: string; random: () => number; short: boolean; say: Say };

async function runAndKeep(
  name: string,
  {
    seed,
    short,
    commit,
    runRow,
  }: { seed: string; short: boolean; commit: string; runRow: (row: OneRow) => Promise<RowFigures> },
): Promise<void> {
  console.log(`\n> ${name}`);
  const began = performance.now();
  const draw = randomOf(seed, 'chaos', name);
  const row: OneRow = {
    name,
    seed: `${seed}-${name}`,
    random: () => draw.bits() / 2 ** 32,
    short,
    say: (line) => console.log(`  ${((performance.now() - began) / 1_000).toFixed(0)} s  ${line}`),
  };
  const figures = await runRow(row).catch((error: unknown) => {
    console.error(`${name} could not be carried through: ${describeError(error)}`);
    process.exitCode = 1;
  });
  if (!figures) return;
  console.log(figures);
  const { lost, doubled, wrong, stuck, problems } = figures;
  if (lost + doubled + wrong + stuck > 0 || problems.length > 0) process.exitCode = 1;
  if (short) return;
  RELIABILITY_RUNS.keep(name, {
    figures,
    command: `npm run chaos -- --only ${name} --seed ${seed}`,
    commit,
    order: NAMES,
  });
  writeGeneratedDocs([RELIABILITY_RUNS.file]);
}

async function runOnOneBroker({ name, ...row }: OneRow, stack: LiveStack): Promise<RowFigures> {
  await using bed = await openTestBed({
    stack: stack.env,
    simulator: { seed: row.seed, faults: { processingShare: 0.2, processingAsks: 1 } },
    env: FAULT_ENV,
  });
  return await NODE_ROWS[name]!({ ...row, bed, stack });
}
