import { restType } from 'qcc-core/avro/carrier';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { PassThroughRecord } from 'qcc-core/avro/pass-through-record';
import { encodeAvro } from 'qcc-core/avro/types';
import type { Metrics } from 'qcc-core/base/metrics';
import { TOPICS } from 'qcc-core/contract/topics';
import { fitsTopic } from 'qcc-core/kafka/client/message-too-large-error';
import { Occurrences, orderEvents } from 'qcc-core/kafka/messages/order-event';
import { inTrace } from 'qcc-core/kafka/messages/traced-messages';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import type { DetailResult } from 'qcc-details/detail-result';
import { type Enrichment, toEnrichment, withoutDetails } from 'qcc-details/to-enriched';
import { type Decision, occurrenceKey, type PendingEntry } from './decision.ts';
import { encodeEnrichment } from './encode-enrichment.ts';

/**
 * The messages of one transaction: versions on `enriched-records`, entries and tombstones on `pending-details` (in the input's
 * partition, whose owner reads them back), dead letters, and facts on `order-events`. After the messages of a decision are
 * made, only the parts that the facts need stay in memory.
 */
export class TransactionOutput {
  readonly #deps: OutputDeps;
  readonly #settled = new Occurrences();
  readonly #pending = new Occurrences();
  readonly #refused = new Occurrences();
  readonly #published = new Map<string, number>();

  constructor(deps: OutputDeps) {
    this.#deps = deps;
  }
  /** The messages of one decision. */
  messagesOf(decision: Decision): AnyOutgoing[] {
    switch (decision.kind) {
      case 'settled': {
        const { record, result, hasEntry, deadLetter, bare } = decision;
        this.#settled.add(record);
        const messages = [this.#version(record, result, bare)];
        if (hasEntry) messages.push(this.#pendingDetail(record, null));
        if (deadLetter) messages.push(deadLetter);
        return messages;
      }
      case 'refused': {
        const { record, hasEntry, deadLetter } = decision;
        this.#refused.add(record);
        return hasEntry ? [this.#pendingDetail(record, null), deadLetter] : [deadLetter];
      }
      case 'deferred':
        return [this.#pendingDetail(decision.entry.record, decision.entry)];
      case 'pending': {
        const { entry, reason } = decision;
        this.#pending.add(entry.record);
        return [
          this.#version(entry.record, { status: 'PENDING', reason }),
          this.#pendingDetail(entry.record, { ...entry, published: true, reason }),
        ];
      }
    }
  }
  /**
   * The messages of decisions, made one by one. Facts for the ledger follow, one for each order and stage. They also cover
   * the decisions whose messages were made before.
   * @param at Milliseconds since the epoch.
   */
  *messages(decisions: Iterable<Decision>, at: number): Generator<AnyOutgoing> {
    for (const decision of decisions) yield* this.messagesOf(decision);
    const { codec } = this.#deps;
    yield* orderEvents(codec, { stage: 'ENRICHED', at, occurrences: this.#settled });
    yield* orderEvents(codec, { stage: 'DETAILS_PENDING', at, occurrences: this.#pending });
    yield* orderEvents(codec, { stage: 'REJECTED', at, occurrences: this.#refused });
  }
  /** Counts the versions by status; for when they are committed. */
  count(metrics: Pick<Metrics, 'enriched'>): void {
    for (const [status, count] of this.#published) metrics.enriched.inc({ status }, count);
  }
  #version(record: PassThroughRecord, result: DetailResult, bare?: boolean): AnyOutgoing {
    const { status } = result;
    this.#published.set(status, (this.#published.get(status) ?? 0) + 1);
    const enrichment = toEnrichment(record, result);
    const whole = this.#versionMessage(record, bare ? withoutDetails(enrichment) : enrichment);
    // Measured without headers, so that traces do not decide whether the details fit.
    const fitting = fitsTopic(whole, TRACE_HEADER_BYTES)
      ? whole
      : this.#versionMessage(record, withoutDetails(enrichment));
    return record.trace ? { ...fitting, headers: record.trace } : fitting;
  }
  #versionMessage(record: PassThroughRecord, enrichment: Enrichment): AnyOutgoing {
    const value = this.#deps.codec.carry('enriched-records', record.avro, encodeEnrichment(enrichment));
    return { topic: TOPICS.enrichedRecords, key: record.corpKeyNo, value };
  }
  #pendingDetail(record: PassThroughRecord, entry: PendingEntry | null): AnyOutgoing {
    const { codec, partition } = this.#deps;
    return {
      topic: TOPICS.pendingDetails,
      key: occurrenceKey(record),
      value: entry && codec.carry('pending-details', record.avro, encodeAvro(restType('pending-details'), entry)),
      partition,
      // A tombstone says nothing about an order.
      ...(entry && inTrace(record.trace)),
    };
  }
}

/** At least what both trace headers take, with names and lengths. */
const TRACE_HEADER_BYTES = 1_024;

type OutputDeps = { codec: Pick<AvroCodec, 'encode' | 'carry'>; partition: number };
