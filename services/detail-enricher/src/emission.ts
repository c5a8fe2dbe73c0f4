import type { CarriedRecord } from 'qcc-core/avro/carried-record';
import { type Rest, restType } from 'qcc-core/avro/carrier';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { encodeAvro } from 'qcc-core/avro/encode';
import type { Outbox } from 'qcc-core/kafka/lane';
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
 * What one transaction publishes: versions on `enriched-records`, entries and tombstones on `pending-details` (in the input's
 * partition, whoever owns it reads them back), dead letters, facts on `order-events`. Of each emission nothing is kept but
 * its messages' bytes and what the facts say of it.
 */
export class Publication {
  readonly #deps: PublicationDeps;
  readonly #outbox: Outbox;
  readonly #settled = new Occurrences();
  readonly #pending = new Occurrences();
  readonly #published = new Map<string, number>();

  /** @param outbox What the transaction is to send. */
  constructor(deps: PublicationDeps, outbox: Outbox) {
    this.#deps = deps;
    this.#outbox = outbox;
  }
  add(emission: Emission): void {
    switch (emission.kind) {
      case 'settled': {
        const { record, result, waited, deadLetter } = emission;
        this.#settled.add(record);
        this.#addVersion(record, result);
        if (waited) this.#addPendingDetail(record, null);
        if (deadLetter) this.#outbox.add(deadLetter);
        break;
      }
      case 'waiting':
        this.#addPendingDetail(emission.entry.record, emission.entry);
        break;
      case 'pending': {
        const { entry, reason } = emission;
        this.#pending.add(entry.record);
        this.#addVersion(entry.record, { status: 'PENDING', reason });
        this.#addPendingDetail(entry.record, { ...entry, published: true, reason });
        break;
      }
      default:
        emission satisfies never;
    }
  }
  /** Behind all emissions: what the ledger is told of them, milliseconds since the epoch. */
  addFacts(at: number): void {
    const { codec } = this.#deps;
    for (const fact of orderEvents(codec, { stage: 'ENRICHED', at, occurrences: this.#settled }))
      this.#outbox.add(fact);
    for (const fact of orderEvents(codec, { stage: 'DETAILS_PENDING', at, occurrences: this.#pending }))
      this.#outbox.add(fact);
  }
  /** Once it is committed: versions by status. */
  count(metrics: Pick<Metrics, 'enriched'>): void {
    for (const [status, count] of this.#published) metrics.enriched.inc({ status }, count);
  }
  #addVersion(record: CarriedRecord, result: DetailResult): void {
    const { status } = result;
    this.#published.set(status, (this.#published.get(status) ?? 0) + 1);
    this.#outbox.add(toVersionMessage(this.#deps.codec, record, result));
  }
  #addPendingDetail(record: CarriedRecord, entry: PendingEntry | null): void {
    const { codec, partition } = this.#deps;
    this.#outbox.add({
      topic: TOPICS.pendingDetails,
      key: occurrenceKey(record),
      value: entry && codec.carry('pending-details', record.avro, encodeAvro(restType('pending-details'), entry)),
      partition,
    });
  }
}

type PublicationDeps = { codec: Pick<AvroCodec, 'encode' | 'carry'>; partition: number };

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
