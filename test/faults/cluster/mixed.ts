import { type RowFigures, shuffled } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { moveCoordinatorsApart } from './coordinators.ts';
import { moveSomeLeaders } from './elections.ts';
import { killMostLeading } from './restarts.ts';
import { underFaults } from './under-faults.ts';

const KINDS: readonly ((place: ClusterBed, random: () => number) => Promise<string>)[] = [
  moveSomeLeaders,
  killMostLeading,
  moveCoordinatorsApart,
];

/** The faults that take seconds, in random order, each kind equally often. */
export async function runMixedFaults(input: ClusterRowInput, { rounds }: { rounds: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  await startTwice(place.fleet);
  const kinds = Array.from({ length: Math.ceil(rounds / KINDS.length) }, () => shuffled(KINDS, input.random)).flat();
  return await underFaults(place, {
    ...input,
    fault: { rounds, inject: (round) => kinds[round]!(place, input.random) },
  });
}
