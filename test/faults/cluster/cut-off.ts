import { setTimeout as sleep } from 'node:timers/promises';
import type { RowFigures } from '../row.ts';
import { type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { mostLeading } from './restarts.ts';
import { underFaults } from './under-faults.ts';

const CUT_MS = 60_000;
/**
 * Nothing is processed while it lasts, so all orders of a minute come together when it is over. They are small: what is tested
 * is that the work goes on, not how fast this machine is.
 */
const ORDER_RECORDS = 1_000;

/**
 * One broker stays in the cluster and leads its partitions, but bytes between it and the services pass in one direction
 * only. In turns, its responses are held back, or the requests to it.
 */
export async function runCutOff(input: ClusterRowInput, { cuts }: { cuts: number }): Promise<RowFigures> {
  await using place = await openClusterBed(input, { proxied: true });
  await startTwice(place.fleet);
  return await underFaults(place, {
    ...input,
    orderRecords: ORDER_RECORDS,
    fault: {
      rounds: cuts,
      async inject(round) {
        const node = await mostLeading(place);
        const direction = round % 2 === 0 ? 'responses' : 'requests';
        node.proxy().cut(direction);
        await sleep(CUT_MS);
        node.proxy().open();
        return `${direction} of node ${node.id} held back for 60 s`;
      },
    },
  });
}
