import { type RowGroup, rowsIn } from '../campaign/row.ts';
import type { Campaign } from '../campaign/run-campaign.ts';
import { openLiveStack } from '../harness/live-stack.ts';
import { openTestBed, type TestBed } from '../harness/pipeline.ts';
import { BENCH_PAGE, type BenchRun } from './page.ts';
import { describeKept, describeSeries, type RowFigures, type RowInput } from './row.ts';
import { benchQueries } from './rows/bi.ts';
import { benchDetails } from './rows/details.ts';
import { benchEnrich } from './rows/enrich.ts';
import { benchExtract } from './rows/extract.ts';
import { benchGateway } from './rows/gateway.ts';
import { benchLatency } from './rows/latency.ts';
import { benchMemory } from './rows/memory.ts';
import { benchOrders } from './rows/orders.ts';
import { benchStore } from './rows/store.ts';
import { benchTraces } from './rows/traces.ts';
import { benchWaiting } from './rows/waiting.ts';
import { benchWhole } from './rows/whole.ts';

const WHOLE = { records: 200_000, rounds: 5 };
const SHORT = { records: 20_000, rounds: 1 };

/** Orders are made before they are called back: reconcile must not find them first. */
const BENCH_ENV = { RECONCILE_INTERVAL_MS: '3600000' };

/** A new stack for each row: what one leaves behind slows the next. */
async function openBench(scope: AsyncDisposableStack): Promise<{ bed: TestBed }> {
  const stack = scope.use(await openLiveStack((line) => console.log(line)));
  return { bed: scope.use(await openTestBed({ stack: stack.env, simulator: { seed: 'bench' }, env: BENCH_ENV })) };
}

const row = (name: string, title: string, run: (input: RowInput) => Promise<RowFigures>): RowGroup<RowFigures> =>
  rowsIn(openBench, [{ name, title, run: (input) => run({ ...input, ...(input.short ? SHORT : WHOLE) }) }]);

/** Each stage and the whole, compared with what a user would pick instead. */
export const BENCHMARK: Campaign<RowFigures, BenchRun> = {
  name: 'bench',
  help: { all: 'all rows', short: 'less work' },
  groups: [
    row('extract', 'Archive to records', benchExtract),
    row('enrich', 'Records to enriched records', benchEnrich),
    row('store', 'Enriched records into ClickHouse', benchStore),
    row('gateway', 'Callbacks', benchGateway),
    row('latency', 'A small order', benchLatency),
    row('details', 'Detail calls under a rate', benchDetails),
    row('waiting', 'Details that wait', benchWaiting),
    row('whole', 'The whole', benchWhole),
    row('traces', 'The cost of traces', benchTraces),
    row('bi', 'Queries of analysts', benchQueries(1_000)),
    row('bi-largest', 'Queries of analysts, the largest history', benchQueries(8_000)),
    row('memory', 'Memory, and what a record costs', benchMemory),
    row('orders', 'The states of a million orders', benchOrders),
  ],
  page: BENCH_PAGE,
  toRun: ({ title }, figures) => ({ row: title, ...figures }),
  holds: ({ bars }) => bars.every(({ kept }) => kept !== false),
  show: ({ bars, series, notes }) =>
    [
      ...bars.map((each) => {
        const { what, peer, measured, bar } = each;
        return `${describeKept(each).toUpperCase().padEnd(12)} ${what}, against ${peer}: ${measured} (${bar})`;
      }),
      ...series.map((each) => `  ${each.side}: ${describeSeries(each)}`),
      ...notes.map((note) => `  ${note}`),
    ].join('\n'),
};
