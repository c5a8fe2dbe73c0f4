import { SERVICES } from '../../../scripts/run-services.ts';
import { type Bar, inThousands, median, NO_PEER, type RowFigures, type RowInput, type Series } from '../row.ts';
import { openWarmPipeline, WARM_NOTE } from '../warm-pipeline.ts';

const MOST_MIB = 350;
const MOST_SLOPE = 1.15;

/** Orders of three sizes, one after the other through the same processes: what they take, and whether the cost is linear. */
export async function benchMemory({ bed, records, rounds, say, within }: RowInput): Promise<RowFigures> {
  const [small, middle, large] = [records / 10, records, records * 10];
  const sizes = [small, ...Array.from({ length: rounds }, () => middle), large];
  await using pipeline = await openWarmPipeline(bed, { records, orders: sizes, say, within });
  const { fleet } = pipeline;
  const asking = fleet.peakMemory();
  const microseconds = new Map<number, number[]>();
  const peaks = new Map<number, Record<string, number>>();
  for (const [index, size] of sizes.entries()) {
    fleet.resetPeakMemory();
    const seconds = await pipeline.run(pipeline.orders[index]!, size);
    const peak = fleet.peakMemory();
    const before = peaks.get(size);
    peaks.set(size, Object.fromEntries(SERVICES.map((each) => [each, Math.max(before?.[each] ?? 0, peak[each])])));
    microseconds.set(size, [...(microseconds.get(size) ?? []), (seconds / size) * 1e6]);
    say(`${size} records in ${seconds.toFixed(2)} s; resident MiB: ${JSON.stringify(peak)}`);
  }
  const perRecord = (size: number): number => median(microseconds.get(size) ?? []);
  const slope = perRecord(large) / perRecord(middle);
  const distinct = [...peaks.keys()];
  return {
    bars: [
      ...SERVICES.map((service): Bar => {
        const most = Math.max(asking[service], ...distinct.map((size) => peaks.get(size)![service]!));
        const each = distinct.map((size) => `${peaks.get(size)![service]} at ${inThousands(size)}`).join(', ');
        return {
          what: `resident set of the ${service}, MiB`,
          peer: NO_PEER,
          bar: `below ${MOST_MIB}`,
          measured: `${each}, ${asking[service]} where all ask`,
          kept: most === 0 ? null : most < MOST_MIB,
        };
      }),
      {
        what: `time per record, ${inThousands(large)} against ${inThousands(middle)} records`,
        peer: NO_PEER,
        bar: `at most ${MOST_SLOPE} times as long`,
        measured: `${slope.toFixed(2)} times as long`,
        kept: slope <= MOST_SLOPE,
      },
    ],
    series: distinct.map(
      (size): Series => ({
        side: `callback to all rows of ${inThousands(size)} visible, per record`,
        unit: 'µs',
        runs: microseconds.get(size)!,
      }),
    ),
    notes: [
      'the sizes one after the other in the same processes, so that what a large order leaves behind counts for the next',
      `where all ask: a run of ${inThousands(records)} records that all needed a detail call; in the other runs, ids come again, and their details come from the cache`,
      WARM_NOTE,
    ],
  };
}
