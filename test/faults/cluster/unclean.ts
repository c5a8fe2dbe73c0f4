import { Kafka, logLevel } from 'kafkajs';
import { until } from '../../harness/until.ts';
import { conclude, type RowFigures, sendOrder, withBroken } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { untilInSync } from './restarts.ts';
import { describeLanes, isComplete } from './under-faults.ts';

const SAY_LIMIT_MS = 180_000;

/**
 * A replica that lacks committed messages becomes the leader of a partition of `records`, because nobody else is there.
 * Kafka loses those messages, and offsets are used again. What was lost there cannot come back; the pipeline must publish
 * nothing twice, and must not pass over the new messages at the old offsets in silence: the enricher stops and says so.
 */
export async function runUncleanElection(input: ClusterRowInput): Promise<RowFigures> {
  // One replica is enough to write: only so can the brokers be brought to it.
  await using place = await openClusterBed(input, {}, { KAFKA_MIN_INSYNC_REPLICAS: '1' });
  const { bed, cluster, fleet } = place;
  await startTwice(fleet);
  const topic = `${bed.prefix}records`;
  const first = await sendOrder(bed, { records: 2_000 });
  await until('the first order is complete', 240_000, () => isComplete(bed, [first]));

  await cluster.admin.setReplicas({ topic, partition: 0 }, [1, 2]);
  await untilInSync(place);
  await cluster.admin.moveLeaders([{ topic, partition: 0, nodeId: 1 }]);
  await cluster.node(2).kill();
  await until(
    'node 1 is alone in sync',
    60_000,
    async () => (await cluster.admin.partitions(topic))[0]!.isr.join() === '1',
  );
  const second = await sendOrder(bed, { records: 3_000 });
  await until('the second order is complete', 240_000, () => isComplete(bed, [second]));
  const before = await countRecords(place);
  await cluster.node(1).kill();
  await cluster.node(2).start();
  await cluster.admin.electUnclean([{ topic, partition: 0 }]);
  await until('node 2 leads', 60_000, async () => (await cluster.admin.leader({ topic, partition: 0 })) === 2);
  await cluster.node(1).start();
  const dropped = before - (await countRecords(place));
  input.say(`an unclean election dropped ${dropped} messages of records`);
  const overAt = Date.now();

  const third = await sendOrder(bed, { records: 2_000 });
  let said = '';
  await until('the third order is complete, or a service says why it is not', SAY_LIMIT_MS, async () => {
    const problems = await Promise.all(fleet.running().map((instance) => instance.problems()));
    said = problems.find((problem) => /offset/i.test(problem)) ?? said;
    return said !== '' || (await isComplete(bed, [third]));
  }).catch(() => {});
  const figures = await conclude({
    row: 'three brokers: an unclean election',
    bed,
    fleet,
    faults: 1,
    overAt,
    limitMs: 150_000,
    notes: [
      `Kafka lost ${dropped} messages of records, which were processed before`,
      said ? `the service said: ${said.trim().slice(0, 300)}` : 'no service said anything about offsets',
      describeLanes(fleet),
    ],
    ...(input.readTopics && { readTopics: input.readTopics }),
  });
  return withBroken(figures, [said === '' && 'no service said that the offset lies beyond the end']);
}

/** Messages that stand on `records` for a reader of everything, control records included. */
async function countRecords({ bed, cluster }: ClusterBed): Promise<number> {
  const admin = new Kafka({ brokers: cluster.brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(`${bed.prefix}records`);
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}
