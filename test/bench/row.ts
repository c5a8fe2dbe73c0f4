import type { RowInput as CampaignRowInput } from '../campaign/row.ts';
import type { Within } from '../campaign/waits.ts';
import type { TestBed } from '../harness/pipeline.ts';

/** What was measured of one side, run after run, as it came. */
export type Series = { side: string; unit: 's' | 'ms' | 'µs' | 'per second' | 'MiB' | 'rows'; runs: number[] };

/** A bar of the row, what was measured against it, and whether it was kept: null where there was nothing to measure. */
export type Bar = { what: string; peer: string; bar: string; measured: string; kept: boolean | null };

/** What a row is given: a bed in a stack that starts for this row alone, and how much to do. */
export type RowInput = CampaignRowInput & { bed: TestBed; records: number; rounds: number };

/** What a row of the benchmark has to show. */
export type RowFigures = { bars: Bar[]; series: Series[]; notes: string[] };

export function median(runs: readonly number[]): number {
  const sorted = runs.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that so many hundredths of the runs do not exceed. */
export function percentile(runs: readonly number[], hundredths: number): number {
  const sorted = runs.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * hundredths) / 100) - 1)]!;
}

/**
 * A bar that says how many times as fast as the peer we have to be. Against a peer that is absent nothing is kept or broken.
 * @param peer Its times, or why there are none.
 */
export function barOfSpeed(input: {
  what: string;
  ours: Series;
  peer: Series | { side: string; absent: string };
  atLeast: number;
}): Bar {
  const { what, ours, peer, atLeast } = input;
  const bar = `at least ${atLeast} times as fast`;
  if ('absent' in peer)
    return { what, peer: peer.side, bar, measured: `the peer is absent: ${peer.absent}`, kept: null };
  const times = median(peer.runs) / median(ours.runs);
  return { what, peer: peer.side, bar, measured: `${times.toFixed(2)} times as fast`, kept: times >= atLeast };
}

/** Whether the bar was kept, in words. */
export const describeKept = ({ kept }: Bar): string => (kept === null ? 'not measured' : kept ? 'kept' : 'falls short');

/** Median and spread, in words: `4.20 s (4.11–4.46, 5 runs)`. */
export function describeSeries({ runs, unit }: Series): string {
  const show = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  if (runs.length === 1) return `${show(runs[0]!)} ${unit} (one run)`;
  return `${show(median(runs))} ${unit} (${show(Math.min(...runs))}–${show(Math.max(...runs))}, ${runs.length} runs)`;
}

/** A number of records as people write it: `200,000`. */
export const inThousands = (count: number): string => count.toLocaleString('en-US');

/** In place of a peer, where a bar is of our own figures alone. */
export const NO_PEER = '–';

/** A turn that takes longer has failed. */
export const TURN_LIMIT_MS = 1_200_000;

/**
 * Runs each side in turn, so that what slows the machine down slows both. The first turns warm up and are not counted.
 * Our side has the key `ours`, each peer its name.
 * @param options.rotated The order changes from round to round, so that each side comes before each other one as often as after it: one that
 *   comes later may find in caches what an earlier one has read.
 * @param options.warmUps How many turns warm up.
 * @throws SideFailedError that names the side whose turn failed or did not end.
 */
export async function inTurns<Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, (round: number, signal: AbortSignal) => Promise<number>>>,
  {
    within,
    limitMs = TURN_LIMIT_MS,
    rotated = false,
    warmUps = 1,
  }: { within: Within; limitMs?: number; rotated?: boolean; warmUps?: number },
): Promise<Record<Side, number[]>> {
  const names = Object.keys(sides) as Side[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>;
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const first = rotated ? (round >> 1) % names.length : 0;
    const order = [...names.slice(first), ...names.slice(0, first)];
    if (rotated && round % 2 === 1) order.reverse();
    for (const name of order) {
      const turn = { side: name, what: `turn ${round}`, limitMs };
      const figure = await within(turn, (signal) => sides[name](round, signal));
      if (round >= warmUps) runs[name].push(figure);
    }
  }
  return runs;
}
