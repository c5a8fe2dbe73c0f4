/**
 * `npm run bench`: measures each stage and the whole, side by side with what a user would pick instead, and writes
 * docs/performance.md. Each row has names of its own in one stack, which is its own too and gone at the end.
 */
import { parseArgs } from 'node:util';
import { describeError } from 'qcc-core/errors';
import { describeSeries, type RowFigures } from '../test/bench/row.ts';
import { benchQueries } from '../test/bench/rows/bi.ts';
import { measureDetails } from '../test/bench/rows/details.ts';
import { runEnrich } from '../test/bench/rows/enrich.ts';
import { benchExtract } from '../test/bench/rows/extract.ts';
import { measureGateway } from '../test/bench/rows/gateway.ts';
import { measureLatency } from '../test/bench/rows/latency.ts';
import { benchMemory } from '../test/bench/rows/memory.ts';
import { runStore } from '../test/bench/rows/store.ts';
import { benchWhole } from '../test/bench/rows/whole.ts';
import { type LiveStack, openLiveStack } from '../test/harness/live-stack.ts';
import { openTestBed, type TestBed } from '../test/harness/pipeline.ts';
import type { Say } from '../test/harness/say.ts';
import { PERFORMANCE_RUNS } from './bench/render-performance.ts';
import { writeGeneratedDocs } from './docs.ts';
import { chooseRows } from './kept-runs.ts';

type RowInput = { bed: TestBed; stack: LiveStack; records: number; rounds: number; short: boolean; say: Say };

/** In the order of running; `--short` is for trying a row out. */
const ROWS: Readonly<Record<string, (input: RowInput) => Promise<RowFigures>>> = {
  extract: ({ bed, records, rounds, say }) => benchExtract(bed, { records, rounds, say }),
  enrich: ({ bed, records, rounds, say }) => runEnrich(bed, { records, rounds, say }),
  store: ({ bed, records, rounds, say }) => runStore({ bed, records, rounds, say }),
  gateway: measureGateway,
  latency: measureLatency,
  details: measureDetails,
  whole: ({ bed, records, rounds, say }) => benchWhole(bed, { records, rounds, say }),
  bi: ({ bed, short, rounds, say }) => benchQueries(bed, { orders: short ? 60 : 1_000, rounds, say }),
  memory: ({ bed, records, rounds, say }) => benchMemory(bed, { records, rounds, say }),
};

/** Orders are made before they are called back: reconcile must not find them first. */
const BENCH_ENV = { RECONCILE_INTERVAL_MS: '3600000' };

const USAGE = `npm run bench                     all rows
npm run bench -- --only ROW,ROW   some: ${Object.keys(ROWS).join(', ')}
npm run bench -- --short          less work; nothing is written to docs`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(USAGE);
else await run(values);

async function run({ only, short }: { only?: string | undefined; short: boolean }): Promise<void> {
  const names = chooseRows(only, Object.keys(ROWS));
  for (const name of names) {
    console.log(`\n> ${name}`);
    const figures = await runRow(name, { short }).catch((error: unknown) => {
      console.error(`${name} could not be carried through: ${describeError(error)}`);
      process.exitCode = 1;
    });
    if (!figures) continue;
    console.log(renderFigures(figures));
    if (figures.bars.some(({ kept }) => !kept)) process.exitCode = 1;
    if (short) continue;
    PERFORMANCE_RUNS.keep(name, { figures, command: `npm run bench -- --only ${name}`, order: Object.keys(ROWS) });
    writeGeneratedDocs([PERFORMANCE_RUNS.file]);
  }
}

/** A stack of its own for each row: what one leaves behind slows the next. */
async function runRow(name: string, { short }: { short: boolean }): Promise<RowFigures> {
  const began = performance.now();
  const say: Say = (line) => console.log(`  ${((performance.now() - began) / 1_000).toFixed(0)} s  ${line}`);
  await using stack = await openLiveStack(say);
  await using bed = await openTestBed({ stack: stack.env, simulator: { seed: 'bench' }, env: BENCH_ENV });
  return await ROWS[name]!({ bed, stack, short, records: short ? 20_000 : 200_000, rounds: short ? 1 : 5, say });
}

function renderFigures({ bars, series, notes }: RowFigures): string {
  return [
    ...bars.map(
      ({ what, peer, measured, bar, kept }) =>
        `${kept ? 'kept       ' : 'FALLS SHORT'} ${what}, against ${peer}: ${measured} (${bar})`,
    ),
    ...series.map((each) => `  ${each.side}: ${describeSeries(each)}`),
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}
