import { connectCodec } from 'qcc-core/avro/codec';
import { COMMON_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { accountName } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createKafka } from 'qcc-core/kafka/client/connect';
import { ensureTopics } from 'qcc-core/kafka/client/ensure-topics';
import { DETAIL_ENDPOINTS } from 'qcc-details/generated/all';
import { ALL_TYPES } from 'qcc-simulator/changes';
import { openFleet } from '../../harness/instances.ts';
import { PATIENCE } from '../../harness/patience.ts';
import { fillBacklog } from '../backlog.ts';
import { startPeer } from '../peers/start-peer.ts';
import { processorSeconds } from '../processor-seconds.ts';
import { recordMessages } from '../records.ts';
import { barOfSpeed, inThousands, inTurns, median, type RowFigures, type RowInput, type Series } from '../row.ts';

const PEER = 'kafkajs, copying the same bytes';
const AT_LEAST = 0.8;

/** `records` to `enriched-records` where nothing has to be asked, against what reading and writing alone take. */
export async function benchEnrich({ bed, records, rounds, say, within }: RowInput): Promise<RowFigures> {
  const settings = readSettings(bed.env, COMMON_SETTINGS);
  const kafka = createKafka({ settings, clientId: 'bench', logCreator: () => () => {} });
  await ensureTopics(kafka, settings);
  const types = ALL_TYPES.filter((type) => !DETAIL_ENDPOINTS.some((endpoint) => endpoint.type === type));
  const messages = await recordMessages(bed, await connectCodec(settings), { records, types });

  await using fleet = openFleet(bed);
  const enricher = await fleet.start('detail-enricher');
  await enricher.ready();
  const group = `${bed.prefix}qcc.${accountName('detail-enricher', bed.account)}`;

  const peerPrefix = `${bed.prefix}peer.`;
  await ensureTopics(kafka, { ...settings, TOPIC_PREFIX: peerPrefix });
  const peerGroup = `${peerPrefix}copy`;
  const peerEnv = {
    KAFKA_BROKERS: settings.KAFKA_BROKERS.join(','),
    FROM: topicName(peerPrefix, TOPICS.records),
    TO: topicName(peerPrefix, TOPICS.enrichedRecords),
    GROUP: peerGroup,
  };
  await using peer = await within(
    { side: 'kafkajs', what: 'it joins its group', limitMs: PATIENCE.timeout },
    (signal) => startPeer('kafkajs-copy.ts', { env: peerEnv, signal }),
  );

  const processor: Record<'ours' | 'kafkajs', number[]> = { ours: [], kafkajs: [] };
  const measure = async (
    side: keyof typeof processor,
    one: { prefix: string; group: string; pid: number; failed: Promise<never> },
  ) => {
    const backlog = await fillBacklog({ kafka, prefix: one.prefix, messages });
    const before = processorSeconds(one.pid);
    const seconds = await Promise.race([backlog.consumedBy(one.group), one.failed]);
    processor[side].push(processorSeconds(one.pid) - before);
    say(`${side}: ${seconds.toFixed(2)} s, processor ${processor[side].at(-1)!.toFixed(2)} s`);
    return seconds;
  };
  const failed = enricher.ended.then((how): never => {
    throw new Error(`the enricher ended by itself: ${how}`);
  });
  failed.catch(() => {});
  const runs = await inTurns(
    rounds,
    {
      ours: () => measure('ours', { prefix: bed.prefix, group, pid: enricher.pid, failed }),
      kafkajs: () => measure('kafkajs', { prefix: peerPrefix, group: peerGroup, pid: peer.pid, failed: peer.failed }),
    },
    { within },
  );
  const settled = await enricher.metric('qcc_enriched_records_total', { status: 'NOT_APPLICABLE' });
  if (settled !== records * (rounds + 1)) throw new Error(`${settled} records were settled, not all`);

  const ours: Series = { side: 'detail-enricher', unit: 's', runs: runs.ours };
  const theirs: Series = { side: PEER, unit: 's', runs: runs.kafkajs };
  const what = `${inThousands(records)} records without details`;
  const cpu = (side: keyof typeof processor) => `${median(processor[side].slice(1)).toFixed(2)} s`;
  return {
    bars: [barOfSpeed({ what, ours, peer: theirs, atLeast: AT_LEAST })],
    series: [ours, theirs],
    notes: [
      'from the commit of a backlog that both already wait for until the offsets behind it are committed',
      `processor time (median): ${cpu('ours')}, peer ${cpu('kafkajs')}`,
      `largest resident set ${fleet.peakMemory()['detail-enricher']} MiB`,
    ],
  };
}
