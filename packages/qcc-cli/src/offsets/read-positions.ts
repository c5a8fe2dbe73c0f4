import { readCarrier } from 'qcc-core/avro/pass-through-record';
import type { InputOffset } from 'qcc-core/contract/domain';
import { type LaneService, SERVICE_INPUTS, serviceInput } from 'qcc-core/contract/group-names';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { hasMessage, readTopic } from 'qcc-core/kafka/client/read-topic';
import type { InputPosition } from 'qcc-core/kafka/exactly-once/decide-input-offset';
import { decideInputOffset } from 'qcc-core/kafka/exactly-once/decide-input-offset';
import { inputOffsetKey, inputPositions } from 'qcc-core/kafka/exactly-once/input-offsets';
import { alertStateKey } from 'qcc-core/kafka/messages/alert-state';
import type { KafkaSide } from '../connect-kafka.ts';

export type ServicePosition = InputPosition & { service: LaneService; partition: number; hasPublished: boolean };

/**
 * Where the account's services are in each partition of their inputs, and the offsets that people have set, the oldest first.
 * A service that runs may be a little further by the time this returns.
 */
export async function readPositions(
  side: KafkaSide,
  account: string,
): Promise<{ positions: ServicePosition[]; decisions: InputOffset[] }> {
  const { kafka, settings } = side;
  const prefix = settings.TOPIC_PREFIX;
  const entries = await readEntries(side);
  const positions: ServicePosition[] = [];
  const decisions: InputOffset[] = [];
  for (const service of Object.keys(SERVICE_INPUTS) as LaneService[]) {
    const input = serviceInput(service, { account, prefix });
    const found = await inputPositions({ ...input, kafka, topic: topicName(prefix, input.from) }, (partition) =>
      entries.get(inputOffsetKey({ ...input, partition })),
    );
    for (let partition = 0; partition < input.from.partitions; partition += 1) {
      const position = found[partition];
      if (!position) throw new Error(`${topicName(prefix, input.from)} has no partition ${partition}`);
      const isUnknown = decideInputOffset(position).kind === 'unknown';
      const hasPublished = isUnknown && (await PUBLISHED[service](side, { account, partition }));
      positions.push({ ...position, service, partition, hasPublished });
    }
    for (const entry of entries.values()) {
      if (entry.service === input.service && entry.decidedBy !== null) decisions.push(entry);
    }
  }
  return { positions, decisions: decisions.sort((a, b) => a.updatedAt - b.updatedAt) };
}

async function readEntries({ kafka, codec, settings }: KafkaSide): Promise<Map<string, InputOffset>> {
  const prefix = settings.TOPIC_PREFIX;
  const entries = new Map<string, InputOffset>();
  await readTopic({
    kafka,
    topic: topicName(prefix, TOPICS.inputOffsets),
    prefix,
    async onMessage({ key, value }) {
      if (value) entries.set(String(key), await codec.decode('input-offsets', value));
    },
  });
  return entries;
}

type HasPublished = (side: KafkaSide, place: { account: string; partition: number }) => Promise<boolean>;

/**
 * Messages that only the services write, on the partition with the same number or with its number in the key. A state that has since
 * been removed still counts, so this may report that a service stops although it would start.
 */
const PUBLISHED: Record<LaneService, HasPublished> = {
  'archive-extractor': ({ kafka, codec, settings }, { account, partition }) =>
    hasMessage({
      kafka,
      topic: topicName(settings.TOPIC_PREFIX, TOPICS.orderState),
      prefix: settings.TOPIC_PREFIX,
      partition,
      matches: async ({ value }) => value !== null && (await codec.decode('order-state', value)).account === account,
    }),
  'detail-enricher': ({ kafka, codec, settings }, { account, partition }) =>
    hasMessage({
      kafka,
      topic: topicName(settings.TOPIC_PREFIX, TOPICS.enrichedRecords),
      prefix: settings.TOPIC_PREFIX,
      partition,
      matches: async ({ value }) =>
        value !== null &&
        readCarrier('enriched-records', await codec.body('enriched-records', value)).record.account === account,
    }),
  // It publishes nothing for a partition without alerts, so it writes down that it has started there.
  alerter: ({ kafka, settings }, { account, partition }) =>
    hasMessage({
      kafka,
      topic: topicName(settings.TOPIC_PREFIX, TOPICS.alertState),
      prefix: settings.TOPIC_PREFIX,
      partition: 0,
      matches: async ({ key }) => key?.toString() === alertStateKey.start(account, partition),
    }),
};
