/**
 * `npm run bench`: measures each stage and the whole, side by side with what a user would pick instead, and writes
 * docs/performance.md. Each row has names of its own in one stack, which is its own too and gone at the end.
 */
import { parseArgs } from 'node:util';
import { endWithMe, openScratchFolder } from '../stack/end-with-me.ts';
import { describeKept, describeSeries, type RowFigures, type RowInput } from '../test/bench/row.ts';
import { benchQueries } from '../test/bench/rows/bi.ts';
import { benchDetails } from '../test/bench/rows/details.ts';
import { benchEnrich } from '../test/bench/rows/enrich.ts';
import { benchExtract } from '../test/bench/rows/extract.ts';
import { benchGateway } from '../test/bench/rows/gateway.ts';
import { benchLatency } from '../test/bench/rows/latency.ts';
import { benchMemory } from '../test/bench/rows/memory.ts';
import { benchOrders } from '../test/bench/rows/orders.ts';
import { benchStore } from '../test/bench/rows/store.ts';
import { benchWaiting } from '../test/bench/rows/waiting.ts';
import { benchWhole } from '../test/bench/rows/whole.ts';
import type { Within } from '../test/bench/waits.ts';
import { openLiveStack } from '../test/harness/live-stack.ts';
import { openTestBed } from '../test/harness/pipeline.ts';
import type { Say } from '../test/harness/say.ts';
import { PERFORMANCE_RUNS } from './bench/render-performance.ts';
import { runRows } from './bench/run-rows.ts';
import { writeGeneratedDocs } from './docs.ts';
import { chooseRows, codeCommit } from './kept-runs.ts';

/** In the order of running; `--short` is for trying a row out. */
const ROWS: Readonly<Record<string, (input: RowInput) => Promise<RowFigures>>> = {
  extract: benchExtract,
  enrich: benchEnrich,
  store: benchStore,
  gateway: benchGateway,
  latency: benchLatency,
  details: benchDetails,
  waiting: benchWaiting,
  whole: benchWhole,
  bi: benchQueries,
  memory: benchMemory,
  orders: benchOrders,
};

/** Every wait of a row has its own, shorter limit; this one is for the rest. */
const ROW_LIMIT_MS = 7_200_000;

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
  const commit = codeCommit();
  endWithMe();
  openScratchFolder('bench');
  const failed = await runRows({
    names,
    run: (name, within) => runRow(name, { short, within }),
    limitMs: ROW_LIMIT_MS,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
    onFigures(name, figures) {
      console.log(renderFigures(figures));
      if (figures.bars.some(({ kept }) => kept === false)) process.exitCode = 1;
      if (short) return;
      PERFORMANCE_RUNS.keep(name, {
        figures,
        command: `npm run bench -- --only ${name}`,
        commit,
        order: Object.keys(ROWS),
      });
      writeGeneratedDocs([PERFORMANCE_RUNS.file]);
    },
  });
  // The open waits of a failed row would keep the process running.
  if (failed.length > 0) process.exit(1);
}

/** A stack of its own for each row: what one leaves behind slows the next. */
async function runRow(name: string, { short, within }: { short: boolean; within: Within }): Promise<RowFigures> {
  const began = performance.now();
  const say: Say = (line) => console.log(`  ${((performance.now() - began) / 1_000).toFixed(0)} s  ${line}`);
  await using stack = await openLiveStack(say);
  await using bed = await openTestBed({ stack: stack.env, simulator: { seed: 'bench' }, env: BENCH_ENV });
  return await ROWS[name]!({ bed, short, records: short ? 20_000 : 200_000, rounds: short ? 1 : 5, say, within });
}

function renderFigures({ bars, series, notes }: RowFigures): string {
  return [
    ...bars.map((each) => {
      const { what, peer, measured, bar } = each;
      return `${describeKept(each).toUpperCase().padEnd(12)} ${what}, against ${peer}: ${measured} (${bar})`;
    }),
    ...series.map((each) => `  ${each.side}: ${describeSeries(each)}`),
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}
