import { until } from '../../harness/until.ts';
import { conclude, type RowFigures, sendOrder, withBroken } from '../row.ts';
import { type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { isComplete } from './under-faults.ts';

/** No fault at all: then no lane may break, and no order may wait. */
export async function runFaultFree(
  input: ClusterRowInput,
  { orders, records }: { orders: number; records: number },
): Promise<RowFigures> {
  await using place = await openClusterBed(input);
  const { bed, fleet } = place;
  await startTwice(fleet);
  // Joining its group makes an instance give partitions, and their lanes, to the next one.
  const first = await sendOrder(bed, { records: 1_000 });
  await until('the first order is complete', 120_000, () => isComplete(bed, [first]));
  const before = fleet.countInLogs('"lane broken,');
  const sent: string[] = [];
  for (let order = 0; order < orders; order += 1) {
    sent.push(await sendOrder(bed, { records, repeat: 50 }));
    input.say(`${order + 1} of ${orders} sent`);
    await until('no more than one order is open', 120_000, () => isComplete(bed, sent.slice(0, -1))).catch(() => {});
  }
  const figures = await conclude({ bed, fleet, faults: 0, overAt: Date.now(), readTopics: input.readTopics });
  const lanesBroken = fleet.countInLogs('"lane broken,') - before;
  figures.notes.push(`${lanesBroken} lanes lost (at most 0)`);
  return withBroken(figures, [lanesBroken > 0 && `${lanesBroken} lanes lost without a fault`]);
}
