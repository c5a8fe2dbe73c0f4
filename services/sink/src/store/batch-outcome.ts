import type { KafkaMessage, TopicPartition } from 'kafkajs';
import type { ErasedOccurrence } from 'qcc-clickhouse/rows/erased-occurrences';
import type { ReplacedOrder } from 'qcc-clickhouse/rows/follow-up-derivations';
import type { CaseReporter } from 'qcc-clickhouse/rows/share-debtor-cases';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Occurrence } from 'qcc-core/contract/domain';
import { partitionName, TOPICS } from 'qcc-core/contract/topics';
import { deadMessage } from 'qcc-core/kafka/messages/dead-letter';
import type { RecordIdentity } from 'qcc-core/kafka/messages/erased-record';
import { Occurrences } from 'qcc-core/kafka/messages/order-event';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import type { CompletedRow, StoredRow, Stream } from '../stream.ts';

type Origin = { source: TopicPartition; message: KafkaMessage };
export type MadeRow = Origin & StoredRow;
export type SplitRow = Origin & { complete: () => Promise<CompletedRow> };

/** What became of the messages of one batch, and what has yet to be completed of them. */
export class BatchOutcome {
  /** Rows that are stored, and the positions of those that the ledger counts. */
  rows = 0;
  readonly stored = new Occurrences();
  readonly refused = new Occurrences();
  readonly erased: ErasedOccurrence[] = [];
  /** Records that were stored without an erased name, by company and id. Subscribers hold them with it. */
  readonly named = new Map<string, RecordIdentity>();
  /** Companies of which cases may have been stored. */
  readonly reporters = new Map<string, CaseReporter>();
  /** Orders of which a later revision is published to its end. */
  readonly replaced: ReplacedOrder[] = [];
  readonly dead = new Map<KafkaMessage, { reason: DeadLetterReason; deadLetter: Outgoing }>();
  readonly split: SplitRow[] = [];
  readonly #deps: { account?: string; now: () => number };
  readonly #stream: Stream;

  constructor(deps: { account?: string; now: () => number }, stream: Stream) {
    this.#deps = deps;
    this.#stream = stream;
  }
  /** A row was stored. */
  count({ occurrence, named, reporter, replaced }: MadeRow): void {
    this.rows += 1;
    if (named) this.named.set(JSON.stringify([named.account, named.corpKeyNo, named.id]), named);
    if (reporter) this.reporters.set(JSON.stringify([reporter.account, reporter.corpKeyNo]), reporter);
    if (replaced) this.replaced.push(replaced);
    if (occurrence) this.stored.add(occurrence);
  }
  /** ClickHouse does not take a row; `text` has its words. */
  refuse({ source, message, occurrence }: MadeRow, text: string): void {
    if (this.#stream.onRefused) {
      this.#stream.onRefused(source, message);
      return;
    }
    this.deadLetter({ source, message, reason: 'ROW_REFUSED', text, ...(occurrence && { occurrence }) });
    if (occurrence) this.refused.add(occurrence);
  }
  /** @throws Error for a dead letter: one that cannot be stored must not become another one. */
  deadLetter(dead: Origin & { reason: DeadLetterReason; text: string; occurrence?: Occurrence }): void {
    const { source, message, reason, text, occurrence } = dead;
    if (this.#stream.topic === TOPICS.deadLetters)
      throw new Error(`${partitionName(source)} at ${message.offset}: ${text}`);
    const { account, now } = this.#deps;
    const deadLetter = deadMessage({
      ...(account !== undefined && { account }),
      ...occurrence,
      message,
      ...source,
      stage: 'sink',
      reason,
      text,
      now: now(),
    });
    this.dead.set(message, { reason, deadLetter });
  }
}
