import type { CarriedRecord } from 'qcc-core/avro/carried-record';
import { type Rest, restType } from 'qcc-core/avro/carrier';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { encodeAvro } from 'qcc-core/avro/encode';
import type { AnyOutgoing, Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS } from 'qcc-core/kafka/topics';
import type { Metrics } from 'qcc-core/metrics';
import { Occurrences, orderEvents } from 'qcc-core/order-event';
import type { DetailResult, SettledResult } from './detail-result.ts';
import { encodeEnrichment } from './encode-enrichment.ts';
import { occurrenceKey } from './occurrence-key.ts';
import { type Enrichment, toEnrichment, withoutDetails } from './to-enriched.ts';

/** A change that waits for its details, as it stands on `pending-details`. */
export type PendingEntry = Rest<'pending-details'> & { record: CarriedRecord };

/** What a transaction says about one occurrence. */
export type Emission =
  /** Its settled version, and what made it fail; `waited` where it stands on pending-details, which this ends. */
  | { kind: 'settled'; record: CarriedRecord; result: SettledResult; waited: boolean; deadLetter?: Outgoing }
  /** Nothing for subscribers yet: it waits for its details. */
  | { kind: 'waiting'; entry: PendingEntry }
  /** Its pending version: it has waited long enough, or need not begin to. */
  | { kind: 'pending'; entry: PendingEntry; reason: string };

/** What the brokers count beside the value: key, headers and the batch around them. */
const MESSAGE_MARGIN_BYTES = 65_536;
export const MOST_VALUE_BYTES = TOPICS.enrichedRecords.maxMessageBytes - MESSAGE_MARGIN_BYTES;

/**
 * The messages of one transaction, made one by one while they are sent: versions on `enriched-records`, entries and
 * tombstones on `pending-details` (in the input's partition, whoever owns it reads them back), dead letters, facts on
 * `order-events`.
 */
export function* toMessages(
  { codec, partition, at }: { codec: Pick<AvroCodec, 'encode' | 'carry'>; partition: number; at: number },
  emissions: readonly Emission[],
): Generator<AnyOutgoing> {
  const pendingDetail = (record: CarriedRecord, entry: PendingEntry | null): AnyOutgoing => ({
    topic: TOPICS.pendingDetails,
    key: occurrenceKey(record),
    value: entry && codec.carry('pending-details', record.avro, encodeAvro(restType('pending-details'), entry)),
    partition,
  });
  const settled = new Occurrences();
  const pending = new Occurrences();
  for (const emission of emissions) {
    switch (emission.kind) {
      case 'settled':
        settled.add(emission.record);
        yield toVersionMessage(codec, emission.record, emission.result);
        if (emission.waited) yield pendingDetail(emission.record, null);
        if (emission.deadLetter) yield emission.deadLetter;
        break;
      case 'waiting':
        yield pendingDetail(emission.entry.record, emission.entry);
        break;
      case 'pending': {
        const { entry, reason } = emission;
        pending.add(entry.record);
        yield toVersionMessage(codec, entry.record, { status: 'PENDING', reason });
        yield pendingDetail(entry.record, { ...entry, published: true, reason });
        break;
      }
      default:
        emission satisfies never;
    }
  }
  yield* orderEvents(codec, { stage: 'ENRICHED', at, occurrences: settled });
  yield* orderEvents(codec, { stage: 'DETAILS_PENDING', at, occurrences: pending });
}

function toVersionMessage(codec: Pick<AvroCodec, 'carry'>, record: CarriedRecord, result: DetailResult): AnyOutgoing {
  const enrichment = toEnrichment(record, result);
  const carry = (behind: Enrichment) => codec.carry('enriched-records', record.avro, encodeEnrichment(behind));
  const value = carry(enrichment);
  return {
    topic: TOPICS.enrichedRecords,
    key: record.corpKeyNo,
    value: value.byteLength <= MOST_VALUE_BYTES ? value : carry(withoutDetails(enrichment)),
  };
}

/** Counts the versions among them by status. */
export function countPublished(metrics: Pick<Metrics, 'enriched'>, emissions: readonly Emission[]): void {
  const counts = new Map<string, number>();
  for (const emission of emissions) {
    if (emission.kind === 'waiting') continue;
    const status = emission.kind === 'pending' ? 'PENDING' : emission.result.status;
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  for (const [status, count] of counts) metrics.enriched.inc({ status }, count);
}
