import type { KafkaMessage } from 'kafkajs';
import type { WriteRows } from 'qcc-clickhouse/insert/insert-rows';
import { eraseDeadLetter, redactBody } from 'qcc-clickhouse/rows/erase-row';
import {
  toCoverageRow,
  toDeadLetterActionRow,
  toDetailSpendRow,
  toErasureRow,
  toOrderClosureRow,
  toOrderEventRow,
} from 'qcc-clickhouse/rows/fact-rows';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import { readOccurrence } from 'qcc-clickhouse/rows/stored-occurrence';
import { toDeadLetterRow } from 'qcc-clickhouse/rows/to-dead-letter-row';
import { type RecordRow, writeRecords } from 'qcc-clickhouse/rows/write-records';
import { type AvroCodec, UndecodableError } from 'qcc-core/avro/codec';
import type { Occurrence } from 'qcc-core/contract/domain';
import { TOPICS, type TopicSpec } from 'qcc-core/contract/topics';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { RestoreDetails } from './store/restore-details.ts';

export type RowOutcome =
  | { kind: 'row'; row: object; occurrence?: Occurrence }
  /** A part of it is kept elsewhere: reading it may take longer than an insert can wait. */
  | { kind: 'split'; complete: () => Promise<CompletedRow> }
  /** Erased, so its content is not stored: the ledger counts it all the same. */
  | { kind: 'erased'; occurrence: Occurrence; erasureId: string }
  | { kind: 'undecodable'; message: string }
  /** A tombstone, as compacted topics have them. */
  | { kind: 'nothing' };

export type CompletedRow = {
  row: object;
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
  toRow(message: KafkaMessage, place: Place, eraser: Eraser): RowOutcome | Promise<RowOutcome>;
};

/** The closed list of what the sink stores. `toRow` fails where the environment does; a bad message is an outcome. */
export function createStreams({
  codec,
  restoreDetails,
}: {
  codec: Pick<AvroCodec, 'decode' | 'body'>;
  restoreDetails: RestoreDetails;
}): Stream[] {
  const toRecordRow = (message: Buffer, place: Place, eraser: Eraser): RowOutcome => {
    const { id, corpKeyNo, occurrence, detailsTruncated } = readOccurrence(message);
    const erasureId = eraser.covers({ account: occurrence.account, corpKeyNo, id });
    if (erasureId !== null) return { kind: 'erased', occurrence, erasureId };
    const toRow = (body: Buffer): RecordRow => ({ body: redactBody(eraser, body), place });
    if (!detailsTruncated) return { kind: 'row', row: toRow(message), occurrence };
    const complete = async (): Promise<CompletedRow> => {
      const body = await restoreDetails(message);
      return { row: toRow(body), occurrence, grownBytes: body.length - message.length };
    };
    return { kind: 'split', complete };
  };
  return [
    {
      topic: TOPICS.enrichedRecords,
      table: 'record_history',
      write: writeRecords as WriteRows<object>,
      isPersonal: true,
      toRow: orUndecodable(({ value }, place, eraser) => {
        const message = codec.body('enriched-records', value ?? Buffer.alloc(0));
        return message instanceof Promise
          ? message.then((each) => toRecordRow(each, place, eraser))
          : toRecordRow(message, place, eraser);
      }),
    },
    {
      topic: TOPICS.orderEvents,
      table: 'order_events',
      toRow: orUndecodable(async ({ value }, place) => ({
        kind: 'row',
        row: toOrderEventRow(await codec.decode('order-events', value ?? Buffer.alloc(0)), place),
      })),
    },
    {
      topic: TOPICS.detailSpend,
      table: 'detail_spend_entries',
      toRow: orUndecodable(async ({ value }, place) =>
        value === null
          ? { kind: 'nothing' }
          : { kind: 'row', row: toDetailSpendRow(await codec.decode('detail-spend', value), place) },
      ),
    },
    {
      topic: TOPICS.coverage,
      table: 'coverage_facts',
      toRow: orUndecodable(async ({ value }, place) =>
        value === null
          ? { kind: 'nothing' }
          : { kind: 'row', row: toCoverageRow(await codec.decode('coverage', value), place) },
      ),
    },
    {
      topic: TOPICS.deadLetters,
      table: 'dead_letters',
      isPersonal: true,
      toRow: async ({ key, value, headers }, place, eraser) => ({
        kind: 'row',
        row: eraseDeadLetter(eraser, toDeadLetterRow({ key, value, ...(headers && { headers }) }, place)),
      }),
    },
    {
      topic: TOPICS.deadLetterActions,
      table: 'dead_letter_actions',
      toRow: orUndecodable(async ({ value }, place) => ({
        kind: 'row',
        row: toDeadLetterActionRow(await codec.decode('dead-letter-actions', value ?? Buffer.alloc(0)), place),
      })),
    },
    {
      topic: TOPICS.orderClosures,
      table: 'order_closures',
      toRow: orUndecodable(async ({ value }, place) =>
        value === null
          ? { kind: 'nothing' }
          : { kind: 'row', row: toOrderClosureRow(await codec.decode('order-closures', value), place) },
      ),
    },
    {
      topic: TOPICS.erasures,
      table: 'erasures',
      toRow: orUndecodable(async ({ value }, place) =>
        value === null
          ? { kind: 'nothing' }
          : { kind: 'row', row: toErasureRow(await codec.decode('erasures', value), place) },
      ),
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
