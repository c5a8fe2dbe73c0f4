import type { KafkaMessage, TopicPartition } from 'kafkajs';
import type { WriteRows } from 'qcc-clickhouse/insert/insert-rows';
import type { ReplacedOrder } from 'qcc-clickhouse/rows/follow-up-derivations';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import type { CaseReporter } from 'qcc-clickhouse/rows/share-debtor-cases';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import type { Occurrence } from 'qcc-core/contract/domain';
import type { TopicSpec } from 'qcc-core/contract/topics';
import type { RecordIdentity } from 'qcc-core/kafka/messages/erased-record';
import type { Eraser } from 'qcc-evidence/erasure/eraser';

export type RowOutcome =
  | ({ kind: 'row' } & StoredRow)
  /** A part of it is kept elsewhere: reading it may take longer than an insert can wait. */
  | { kind: 'split'; complete: () => Promise<CompletedRow> }
  /** Erased, so its content is not stored: the ledger counts it all the same. */
  | { kind: 'erased'; occurrence: Occurrence; erasureId: string }
  | { kind: 'undecodable'; message: string }
  /** A tombstone, as compacted topics have them. */
  | { kind: 'nothing' };

export type StoredRow = {
  row: object;
  /** If the row is one of the ledger's. */
  occurrence?: Occurrence | undefined;
  /** The record, if an erased name was taken out of it: its message still holds the name. */
  named?: RecordIdentity | undefined;
  /** The company, if the row may report cases. */
  reporter?: CaseReporter | undefined;
  /** The order, if the row says that a later revision of it is published to its end. */
  replaced?: ReplacedOrder | undefined;
};

export type CompletedRow = StoredRow & {
  /** How much larger it is than its message: fetches are limited in bytes, and what comes on top has to be, too. */
  grownBytes: number;
};

/** A topic and the table it goes into. A new table is a line in `createStreams`. */
export type Stream = {
  topic: TopicSpec;
  table: string;
  /** What inserts its rows, where they are not plain JSON. */
  write?: WriteRows<object>;
  /** Whether its rows may contain erased data. If so, the newest erasures are read before each batch is stored. */
  isPersonal?: true;
  /** Whether views leave something to complete after an insert of its rows, see `followingUp`. */
  needsFollowUp?: true;
  toRow(message: KafkaMessage, place: Place, eraser: Eraser): RowOutcome | Promise<RowOutcome>;
  /** Called for a message whose row ClickHouse refuses. Without it, the message becomes a dead letter. */
  onRefused?(source: TopicPartition, message: KafkaMessage): void;
  /** The order of a message, of a topic whose messages carry the traces of their orders. */
  orderOf?(message: KafkaMessage): Promise<Occurrence>;
};

/** The same `toRow`, in which a message that does not decode is an outcome. */
export const orUndecodable =
  (toRow: Stream['toRow']): Stream['toRow'] =>
  (message, place, eraser) => {
    try {
      const outcome = toRow(message, place, eraser);
      return outcome instanceof Promise ? outcome.catch(undecodable) : outcome;
    } catch (error) {
      return undecodable(error);
    }
  };

function undecodable(error: unknown): RowOutcome {
  if (!(error instanceof UndecodableError)) throw error;
  return { kind: 'undecodable', message: error.message };
}
