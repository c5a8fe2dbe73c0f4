import { setTimeout as sleep } from 'node:timers/promises';
import { openFleet } from '../../harness/instances.ts';
import { conclude, type RowFigures, sendOrder } from '../row.ts';
import { type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { describeLanes } from './under-faults.ts';
import { openVersion } from './version-of.ts';

/** The version that users run. */
export const UPGRADED_FROM = '45a2083';
const BACKLOG = [5_000, 3_000, 1_000] as const;

/** From the last version to this one and back, each time with orders that are partly processed and orders that are not started. */
export async function runUpgrade(input: ClusterRowInput, { times }: { times: number }): Promise<RowFigures> {
  const mainBefore = await openVersion(UPGRADED_FROM, input.say);
  await using place = await openClusterBed(input);
  const { bed, fleet } = place;
  await using fleetBefore = openFleet(bed, mainBefore);
  let overAt = Date.now();
  await startTwice(fleetBefore);
  const versions = [fleetBefore, fleet];
  for (let change = 1; change <= 2 * times; change += 1) {
    for (const records of BACKLOG) await sendOrder(bed, { records, repeat: 50 });
    await sleep(input.random() * 4_000);
    await versions[(change - 1) % 2]!.stopAll();
    // Callbacks that nobody takes: reconcile has to find these.
    await sendOrder(bed, { records: 1_000 });
    await startTwice(versions[change % 2]!);
    overAt = Date.now();
    input.say(
      `${change} of ${2 * times}: ${change % 2 === 1 ? `from ${UPGRADED_FROM} to this version` : `back to ${UPGRADED_FROM}`}`,
    );
  }
  // This version finishes the row, so the figures are its figures.
  await fleetBefore.stopAll();
  await startTwice(fleet);
  await sendOrder(bed, { records: 1_000 });
  const notes = [`this version: ${describeLanes(fleet)}`];
  return await conclude({ bed, fleet, faults: 2 * times + 1, overAt, notes, readTopics: input.readTopics });
}
