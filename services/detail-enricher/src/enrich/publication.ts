import type { CarriedRecord } from 'qcc-core/avro/carried-record';
import { restType } from 'qcc-core/avro/carrier';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { encodeAvro } from 'qcc-core/avro/types';
import type { Metrics } from 'qcc-core/base/metrics';
import { TOPICS } from 'qcc-core/contract/topics';
import { fitsTopic } from 'qcc-core/kafka/client/message-too-large-error';
import { Occurrences, orderEvents } from 'qcc-core/kafka/messages/order-event';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import type { DetailResult } from 'qcc-details/detail-result';
import { type Enrichment, toEnrichment, withoutDetails } from 'qcc-details/to-enriched';
import { type Emission, occurrenceKey, type PendingEntry } from './emission.ts';
import { encodeEnrichment } from './encode-enrichment.ts';

/**
 * What one transaction publishes: versions on `enriched-records`, entries and tombstones on `pending-details` (in the input's
 * partition, whoever owns it reads them back), dead letters, facts on `order-events`. Of an emission whose messages were made
 * nothing is kept but what the facts say of it.
 */
export class Publication {
  readonly #deps: PublicationDeps;
  readonly #settled = new Occurrences();
  readonly #pending = new Occurrences();
  readonly #refused = new Occurrences();
  readonly #published = new Map<string, number>();

  constructor(deps: PublicationDeps) {
    this.#deps = deps;
  }
  /** The messages of one emission. */
  messagesOf(emission: Emission): AnyOutgoing[] {
    switch (emission.kind) {
      case 'settled': {
        const { record, result, waited, deadLetter, bare } = emission;
        this.#settled.add(record);
        const messages = [this.#version(record, result, bare)];
        if (waited) messages.push(this.#pendingDetail(record, null));
        if (deadLetter) messages.push(deadLetter);
        return messages;
      }
      case 'refused': {
        const { record, waited, deadLetter } = emission;
        this.#refused.add(record);
        return waited ? [this.#pendingDetail(record, null), deadLetter] : [deadLetter];
      }
      case 'waiting':
        return [this.#pendingDetail(emission.entry.record, emission.entry)];
      case 'pending': {
        const { entry, reason } = emission;
        this.#pending.add(entry.record);
        return [
          this.#version(entry.record, { status: 'PENDING', reason }),
          this.#pendingDetail(entry.record, { ...entry, published: true, reason }),
        ];
      }
    }
  }
  /**
   * The messages of emissions, made one by one, and behind them what the ledger is told of these and all that were published
   * before: one fact for each order and stage.
   * @param at Milliseconds since the epoch.
   */
  *messages(emissions: Iterable<Emission>, at: number): Generator<AnyOutgoing> {
    for (const emission of emissions) yield* this.messagesOf(emission);
    const { codec } = this.#deps;
    yield* orderEvents(codec, { stage: 'ENRICHED', at, occurrences: this.#settled });
    yield* orderEvents(codec, { stage: 'DETAILS_PENDING', at, occurrences: this.#pending });
    yield* orderEvents(codec, { stage: 'REJECTED', at, occurrences: this.#refused });
  }
  /** Counts the versions by status; for when they are committed. */
  count(metrics: Pick<Metrics, 'enriched'>): void {
    for (const [status, count] of this.#published) metrics.enriched.inc({ status }, count);
  }
  #version(record: CarriedRecord, result: DetailResult, bare?: boolean): AnyOutgoing {
    const { status } = result;
    this.#published.set(status, (this.#published.get(status) ?? 0) + 1);
    const enrichment = toEnrichment(record, result);
    const whole = this.#versionMessage(record, bare ? withoutDetails(enrichment) : enrichment);
    return fitsTopic(whole) ? whole : this.#versionMessage(record, withoutDetails(enrichment));
  }
  #versionMessage(record: CarriedRecord, enrichment: Enrichment): AnyOutgoing {
    const value = this.#deps.codec.carry('enriched-records', record.avro, encodeEnrichment(enrichment));
    return { topic: TOPICS.enrichedRecords, key: record.corpKeyNo, value };
  }
  #pendingDetail(record: CarriedRecord, entry: PendingEntry | null): AnyOutgoing {
    const { codec, partition } = this.#deps;
    return {
      topic: TOPICS.pendingDetails,
      key: occurrenceKey(record),
      value: entry && codec.carry('pending-details', record.avro, encodeAvro(restType('pending-details'), entry)),
      partition,
    };
  }
}

type PublicationDeps = { codec: Pick<AvroCodec, 'encode' | 'carry'>; partition: number };
