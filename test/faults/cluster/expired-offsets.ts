import { createQuietKafka } from '../../harness/quiet-kafka.ts';
import { until } from '../../harness/until.ts';
import { conclude, type RowFigures, sendOrder } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { describeLanes, isComplete } from './under-faults.ts';

const EXPIRY_LIMIT_MS = 300_000;

/** Every service is stopped for longer than the brokers keep the offsets of an empty group: seven days, here a minute. */
export async function runExpiredOffsets(input: ClusterRowInput, { times }: { times: number }): Promise<RowFigures> {
  const properties = { 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 5_000 };
  await using place = await openClusterBed(input, { properties });
  const { bed, fleet } = place;
  let overAt = Date.now();
  const notes: string[] = [];
  for (let round = 0; round < times; round += 1) {
    await startTwice(fleet);
    const orders = [await sendOrder(bed, { records: 3_000, repeat: 50 }), await sendOrder(bed, { records: 1_000 })];
    await until('the orders are complete', 240_000, () => isComplete(bed, orders));
    const committed = await countCommitted(place);
    await fleet.stopAll();
    await until(
      'the brokers have dropped every offset',
      EXPIRY_LIMIT_MS,
      async () => (await countCommitted(place)) === 0,
      2_000,
    );
    notes.push(`${committed} committed offsets of the services' groups dropped`);
    input.say(`${round + 1} of ${times}: ${notes.at(-1)}`);
    overAt = Date.now();
  }
  await startTwice(fleet);
  await sendOrder(bed, { records: 1_000 });
  return await conclude({
    bed,
    fleet,
    faults: times,
    overAt,
    notes: [...notes, describeLanes(fleet)],
    readTopics: input.readTopics,
  });
}

/** Offsets that the groups of this bed have committed, over all groups and partitions. */
async function countCommitted({ bed, cluster }: ClusterBed): Promise<number> {
  const admin = createQuietKafka(cluster.brokers).admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    const own = groups.filter(({ groupId }) => groupId.startsWith(bed.prefix));
    let committed = 0;
    for (const { groupId } of own)
      for (const { partitions } of await admin.fetchOffsets({ groupId }))
        committed += partitions.filter(({ offset }) => Number(offset) >= 0).length;
    return committed;
  } finally {
    await admin.disconnect();
  }
}
