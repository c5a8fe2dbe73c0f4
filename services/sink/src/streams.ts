import type { KafkaMessage } from 'kafkajs';
import type { WriteRows } from 'qcc-clickhouse/insert/insert-rows';
import { eraseDeadLetter, redactBody, redactMember } from 'qcc-clickhouse/rows/erase-row';
import {
  toCoverageRow,
  toDeadLetterActionRow,
  toDetailSpendRow,
  toErasureRow,
  toOrderClosureRow,
  toOrderEventRow,
  toPortfolioMemberRow,
} from 'qcc-clickhouse/rows/fact-rows';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import type { Pseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { type CaseReporter, DEBTOR_TYPE } from 'qcc-clickhouse/rows/share-debtor-cases';
import { readOccurrence } from 'qcc-clickhouse/rows/stored-occurrence';
import { toDeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import { type RecordRow, writeRecords } from 'qcc-clickhouse/rows/write-records';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { AvroTopic } from 'qcc-core/avro/schemas';
import { UndecodableError } from 'qcc-core/avro/undecodable-error';
import type { Occurrence, TopicValues } from 'qcc-core/contract/domain';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import type { RecordIdentity } from 'qcc-core/kafka/messages/erased-record';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { RestoreDetails } from './store/restore-details.ts';

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
};

export type CompletedRow = StoredRow & {
  occurrence: Occurrence;
  /** How much larger it is than its message: fetches are limited in bytes, and what comes on top has to be, too. */
  grownBytes: number;
};

/** A topic and the table it goes into. A new table is a line in `createStreams`. */
export type Stream = {
  topic: TopicSpec;
  table: string;
  /** What inserts its rows, where they are not plain JSON. */
  write?: WriteRows<object>;
  /** Whether its rows may hold what was erased: who reads them then asks for the newest erasures. */
  isPersonal?: true;
  /** Whether views copy what its rows say of customers. */
  hasCustomers?: true;
  toRow(message: KafkaMessage, place: Place, eraser: Eraser): RowOutcome | Promise<RowOutcome>;
  /** The order of a message, of a topic whose messages carry the traces of their orders. */
  orderOf?(message: KafkaMessage): Promise<Occurrence>;
};

/** A message without a value is undecodable there. */
const WITHOUT_TOMBSTONES: readonly TopicSpec[] = [TOPICS.orderEvents, TOPICS.deadLetterActions];

/** The closed list of what the sink stores. `toRow` fails where the environment does; a bad message is an outcome. */
export function createStreams({
  codec,
  restoreDetails,
  pseudonyms,
}: {
  codec: Pick<AvroCodec, 'decode' | 'body'>;
  restoreDetails: RestoreDetails;
  pseudonyms: Pseudonyms;
}): Stream[] {
  const toRecordRow = (message: Buffer, place: Place, eraser: Eraser): RowOutcome => {
    const { id, corpKeyNo, type, occurrence, detailsTruncated } = readOccurrence(message);
    const erasureId = eraser.covers({ account: occurrence.account, corpKeyNo, id });
    if (erasureId !== null) return { kind: 'erased', occurrence, erasureId };
    const { account } = occurrence;
    const reporter = type === DEBTOR_TYPE ? { account, corpKeyNo } : undefined;
    const toRow = (given: Buffer): StoredRow & { row: RecordRow } => {
      const { body, isRenamed } = redactBody(eraser, given);
      return {
        row: { body, pseudonym: isRenamed ? null : pseudonyms.of(account, corpKeyNo), place },
        named: body === given ? undefined : { account, corpKeyNo, id },
        reporter,
      };
    };
    if (!detailsTruncated) return { kind: 'row', ...toRow(message), occurrence };
    const complete = async (): Promise<CompletedRow> => {
      const body = await restoreDetails(message);
      return { ...toRow(body), occurrence, grownBytes: body.length - message.length };
    };
    return { kind: 'split', complete };
  };
  /** A topic of which each message is one row. */
  const facts = <Topic extends AvroTopic>(
    topic: TopicSpec & { name: Topic },
    table: string,
    toFactRow: (fact: TopicValues[Topic], place: Place) => object,
  ): Stream => ({
    topic,
    table,
    toRow: orUndecodable(async ({ value }, place) =>
      value === null && !WITHOUT_TOMBSTONES.includes(topic)
        ? { kind: 'nothing' }
        : { kind: 'row', row: toFactRow(await codec.decode<Topic>(topic.name, value ?? Buffer.alloc(0)), place) },
    ),
  });
  return [
    {
      topic: TOPICS.enrichedRecords,
      table: 'record_history',
      write: writeRecords as WriteRows<object>,
      isPersonal: true,
      hasCustomers: true,
      toRow: orUndecodable(({ value }, place, eraser) => {
        const message = codec.body('enriched-records', value ?? Buffer.alloc(0));
        return message instanceof Promise
          ? message.then((each) => toRecordRow(each, place, eraser))
          : toRecordRow(message, place, eraser);
      }),
      orderOf: async ({ value }) =>
        readOccurrence(await codec.body('enriched-records', value ?? Buffer.alloc(0))).occurrence,
    },
    facts(TOPICS.orderEvents, 'order_events', toOrderEventRow),
    facts(TOPICS.detailSpend, 'detail_spend_entries', toDetailSpendRow),
    facts(TOPICS.coverage, 'coverage_facts', toCoverageRow),
    {
      topic: TOPICS.deadLetters,
      table: 'dead_letters',
      isPersonal: true,
      toRow: async ({ key, value, headers }, place, eraser) => ({
        kind: 'row',
        row: eraseDeadLetter(eraser, toDeadLetterRow({ key, value, ...(headers && { headers }) }, place)),
      }),
    },
    facts(TOPICS.deadLetterActions, 'dead_letter_actions', toDeadLetterActionRow),
    facts(TOPICS.orderClosures, 'order_closures', toOrderClosureRow),
    facts(TOPICS.erasures, 'erasures', toErasureRow),
    {
      topic: TOPICS.portfolio,
      table: 'portfolio_members',
      isPersonal: true,
      toRow: orUndecodable(async ({ value }, place, eraser) => {
        if (value === null) return { kind: 'nothing' };
        const member = await codec.decode('portfolio', value);
        return { kind: 'row', row: toPortfolioMemberRow(redactMember(eraser, member), place) };
      }),
    },
  ];
}

const orUndecodable =
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
