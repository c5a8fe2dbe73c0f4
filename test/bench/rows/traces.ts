import { openTestBed } from '../../harness/pipeline.ts';
import { startDiscardingCollector } from '../discarding-collector.ts';
import { processorSeconds } from '../processor-seconds.ts';
import { inThousands, inTurns, median, type RowFigures, type RowInput, type Series } from '../row.ts';
import { openWarmPipeline, WARM_NOTE, type WarmPipeline } from '../warm-pipeline.ts';

const AT_LEAST = 0.8;
/** Both pipelines ask for the details of each record before they are measured. */
const MOST_RECORDS = 20_000;
/** A turn takes two seconds and its times vary by half, so there are this many for each round of other rows. */
const TURNS_PER_ROUND = 3;
/** Its orders are not those of the first bed. */
const SEED = 'bench with traces';

/** The whole pipeline, with traces and without them, in turns. Every trace is sampled and exported. */
export async function benchTraces({ bed, records: most, rounds, say, within }: RowInput): Promise<RowFigures> {
  const turns = TURNS_PER_ROUND * rounds;
  const records = Math.min(most, MOST_RECORDS);
  await using collector = await startDiscardingCollector();
  await using tracedBed = await openTestBed({
    stack: bed.stack,
    simulator: { seed: SEED },
    env: {
      RECONCILE_INTERVAL_MS: bed.env.RECONCILE_INTERVAL_MS!,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    },
  });
  const orders = Array.from({ length: turns + 1 }, () => records);
  const open = (which: typeof bed) => openWarmPipeline(which, { records, orders, say, within });
  await using plain = await open(bed);
  await using traced = await open(tracedBed);
  const processor: Record<'plain' | 'traced', number[]> = { plain: [], traced: [] };
  const measure = async (side: keyof typeof processor, pipeline: WarmPipeline, round: number): Promise<number> => {
    const used = () => Object.values(pipeline.services).reduce((sum, { pid }) => sum + processorSeconds(pid), 0);
    const before = used();
    const seconds = await pipeline.run(pipeline.orders[round]!, records);
    const processorTime = used() - before;
    // The first turn warms up.
    if (round > 0) processor[side].push(processorTime);
    say(`${side}: ${seconds.toFixed(2)} s, processor ${processorTime.toFixed(2)} s`);
    return seconds;
  };
  const runs = await inTurns(
    turns,
    {
      ours: (round) => measure('plain', plain, round),
      traced: (round) => measure('traced', traced, round),
    },
    { within },
  );
  const without: Series = { side: 'without traces', unit: 's', runs: runs.ours };
  const traces: Series = { side: 'with traces', unit: 's', runs: runs.traced };
  const ratio = median(without.runs) / median(traces.runs);
  return {
    bars: [
      {
        what: `callback → all ${inThousands(records)} rows visible, every trace sampled and exported`,
        peer: 'the same without traces',
        bar: `at least ${AT_LEAST} times as fast`,
        measured: `${ratio.toFixed(2)} times as fast`,
        kept: ratio >= AT_LEAST,
      },
    ],
    series: [
      without,
      traces,
      { side: 'processor time of the four services without traces', unit: 's', runs: processor.plain },
      { side: 'processor time of the four services with traces', unit: 's', runs: processor.traced },
    ],
    notes: [
      `${inThousands(collector.bytes())} bytes of spans were exported, to a collector that discards them`,
      'the details are remembered: no call to QCC is in the time, and no lookup has a span in it',
      WARM_NOTE,
    ],
  };
}
