import { ledgerOf, readByOurselves, type SeenOnTopics } from '../../harness/audit.ts';
import { createQuietKafka } from '../../harness/quiet-kafka.ts';
import { runQcc } from '../../harness/run-qcc.ts';
import { until } from '../../harness/until.ts';
import { conclude, type RowFigures, sendOrder, withBroken } from '../row.ts';
import { type ClusterBed, type ClusterRowInput, openClusterBed, startTwice } from './cluster-bed.ts';
import { untilInSync } from './restarts.ts';
import { describeLanes, isComplete } from './under-faults.ts';

const SAY_LIMIT_MS = 180_000;
const CHANGED_FROM = /lost messages.*the log changed from offset (\d+)/s;
/** More than the second order has, so that the log grows past what was read before anybody has asked where it ends. */
const THIRD_RECORDS = 6_000;

/**
 * A replica that lacks committed messages becomes the leader of a partition of `records`, because nobody else is there.
 * Kafka loses those messages, and offsets are used again. What was lost there cannot come back; the pipeline must publish
 * nothing twice, and must not pass over the new messages at the old offsets in silence. The enricher leaves out this partition,
 * says so, and reads it after an operator has followed the remedy. The other partitions go on meanwhile.
 */
export async function runUncleanElection(input: ClusterRowInput): Promise<RowFigures> {
  // One replica is enough to write. Otherwise nothing could be committed that the other replica lacks.
  await using place = await openClusterBed(input, {}, { KAFKA_MIN_INSYNC_REPLICAS: '1' });
  const { bed, cluster, fleet } = place;
  const { readTopics = readByOurselves } = input;
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
  const before = await readTopics(bed);
  await cluster.node(1).kill();
  await cluster.node(2).start();
  // The controller elects nobody while it takes the killed broker for alive.
  await until('nobody leads', 60_000, async () => (await cluster.admin.leader({ topic, partition: 0 })) === -1);
  await cluster.admin.electUnclean([{ topic, partition: 0 }]);
  await until('node 2 leads', 60_000, async () => (await cluster.admin.leader({ topic, partition: 0 })) === 2);
  await cluster.node(1).start();
  const endBefore = await endOf(place, topic);
  const dropped = notIn(before.records, (await readTopics(bed)).records);
  input.say(`the election dropped ${dropped.length} messages of records, which ends at ${endBefore} now`);
  const overAt = Date.now();

  const third = await sendOrder(bed, { records: THIRD_RECORDS });
  let said = '';
  await until('a service says that messages are missing, or the third order is complete', SAY_LIMIT_MS, async () => {
    const problems = await Promise.all(fleet.running().map((instance) => instance.problems()));
    // The consumer says it first. What the lane says then has the offset for the remedy.
    said = problems.find((problem) => CHANGED_FROM.test(problem)) ?? '';
    return said !== '' || (await isComplete(bed, [third]));
  }).catch(() => {});
  input.say(said === '' ? 'no service says anything' : 'the enricher says it');
  // Of six partitions, five go on.
  const othersGoOn = await until('most rows of the third order are stored', SAY_LIMIT_MS, async () => {
    const row = (await ledgerOf(bed)).find(({ order_no }) => order_no === third);
    return row !== undefined && row.stored > THIRD_RECORDS / 2;
  }).then(
    () => true,
    () => false,
  );
  const saidEnd = CHANGED_FROM.exec(said)?.[1];
  const remedy = saidEnd === undefined ? null : await followRemedy(place, saidEnd);
  const figures = await conclude({
    bed,
    fleet,
    faults: 1,
    overAt,
    notes: [
      `Kafka lost ${dropped.length} messages of records, which the enricher had read before; they are counted as they stood`,
      `/readyz said: ${said === '' ? 'nothing' : said.trim().slice(0, 400)}`,
      describeLanes(fleet),
    ],
    async readTopics() {
      const { records, enriched } = await readTopics(bed);
      return { records: [...dropped, ...records], enriched };
    },
  });
  return withBroken(figures, [
    !othersGoOn && 'the other partitions did not go on',
    said === '' && 'no service said that the brokers lost messages',
    said !== '' &&
      saidEnd !== String(endBefore) &&
      `a service said that the log changed from offset ${saidEnd} on, and it did from ${endBefore}`,
    remedy !== null && remedy.exitCode !== 0 && `the remedy failed: ${remedy.err}`,
  ]);
}

/** What docs/input-offsets.md says: stop the service, set the offset, start the service. */
async function followRemedy({ bed, fleet }: ClusterBed, offset: string) {
  const enrichers = fleet.running().filter(({ service }) => service === 'detail-enricher');
  for (const instance of enrichers) instance.kill('SIGTERM');
  await Promise.all(enrichers.map(({ ended }) => ended));
  const set = await runQcc(bed.env, [
    ...['offsets', 'set', '--service', 'detail-enricher', '--partition', '0', '--to', offset],
    ...['--who', 'campaign', '--why', 'unclean election', '--yes'],
  ]);
  const started = await Promise.all(enrichers.map(() => fleet.start('detail-enricher')));
  await Promise.all(started.map((instance) => instance.ready()));
  return set;
}

/** Where partition 0 ends. */
async function endOf({ cluster }: ClusterBed, topic: string): Promise<number> {
  const admin = createQuietKafka(cluster.brokers).admin();
  await admin.connect();
  try {
    return Number((await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)?.high);
  } finally {
    await admin.disconnect();
  }
}

function notIn(before: SeenOnTopics['records'], now: SeenOnTopics['records']): SeenOnTopics['records'] {
  const keyOf = ({ orderNo, revision, position }: (typeof before)[number]) => `${orderNo}/${revision}/${position}`;
  const there = new Set(now.map(keyOf));
  return before.filter((record) => !there.has(keyOf(record)));
}
