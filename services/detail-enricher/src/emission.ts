import type { AvroCodec } from 'qcc-core/avro/codec';
import type { ChangeRecord, PendingDetail } from 'qcc-core/domain';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS } from 'qcc-core/kafka/topics';
import { orderEvents } from 'qcc-core/order-event';
import type { DetailResult, SettledResult } from './detail-result.ts';
import { occurrenceKey } from './occurrence-key.ts';
import { toEnriched, withoutDetails } from './to-enriched.ts';

/** What a transaction says about one occurrence. */
export type Emission =
  /** Its settled version, and what made it fail; `waited` where it stands on pending-details, which this ends. */
  | { kind: 'settled'; record: ChangeRecord; result: SettledResult; waited: boolean; deadLetter?: Outgoing }
  /** Nothing for subscribers yet: it waits for its details. */
  | { kind: 'waiting'; entry: PendingDetail }
  /** Its pending version: it has waited long enough, or need not begin to. */
  | { kind: 'pending'; entry: PendingDetail; reason: string };

/** What the brokers count beside the value: key, headers and the batch around them. */
const MESSAGE_MARGIN_BYTES = 65_536;
export const MOST_VALUE_BYTES = TOPICS.enrichedRecords.maxMessageBytes - MESSAGE_MARGIN_BYTES;

/**
 * The messages of one transaction, made one by one while they are sent: versions on `enriched-records`, entries and
 * tombstones on `pending-details` (in the input's partition, whoever owns it reads them back), dead letters, facts on
 * `order-events`.
 */
export function* toMessages(
  { codec, partition, at }: { codec: Pick<AvroCodec, 'encode'>; partition: number; at: number },
  emissions: readonly Emission[],
): Generator<Outgoing> {
  const pendingDetail = (record: ChangeRecord, entry: PendingDetail | null): Outgoing => ({
    topic: TOPICS.pendingDetails,
    key: occurrenceKey(record),
    value: entry && codec.encode('pending-details', entry),
    partition,
  });
  for (const emission of emissions) {
    switch (emission.kind) {
      case 'settled':
        yield toVersionMessage(codec, emission.record, emission.result);
        if (emission.waited) yield pendingDetail(emission.record, null);
        if (emission.deadLetter) yield emission.deadLetter;
        break;
      case 'waiting':
        yield pendingDetail(emission.entry.record, emission.entry);
        break;
      case 'pending': {
        const { entry, reason } = emission;
        yield toVersionMessage(codec, entry.record, { status: 'PENDING', reason });
        yield pendingDetail(entry.record, { ...entry, published: true, reason });
        break;
      }
      default:
        emission satisfies never;
    }
  }
  const settled = emissions.flatMap((emission) => (emission.kind === 'settled' ? [emission.record] : []));
  const pending = emissions.flatMap((emission) => (emission.kind === 'pending' ? [emission.entry.record] : []));
  yield* orderEvents(codec, { stage: 'ENRICHED', at, occurrences: settled });
  yield* orderEvents(codec, { stage: 'DETAILS_PENDING', at, occurrences: pending });
}

function toVersionMessage(codec: Pick<AvroCodec, 'encode'>, record: ChangeRecord, result: DetailResult): Outgoing {
  const enriched = toEnriched(record, result);
  const value = codec.encode('enriched-records', enriched);
  return {
    topic: TOPICS.enrichedRecords,
    key: record.corpKeyNo,
    value: value.length <= MOST_VALUE_BYTES ? value : codec.encode('enriched-records', withoutDetails(enriched)),
  };
}

/** The statuses of the versions among them, for the metrics. */
export const publishedStatuses = (emissions: readonly Emission[]): string[] =>
  emissions.flatMap((emission) => {
    if (emission.kind === 'settled') return [emission.result.status];
    return emission.kind === 'pending' ? ['PENDING'] : [];
  });
