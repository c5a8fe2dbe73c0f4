import type { KafkaMessage } from 'kafkajs';
import type { WriteRows } from 'qcc-clickhouse/insert/insert-rows';
import { redactBody } from 'qcc-clickhouse/rows/erase-row';
import type { Place } from 'qcc-clickhouse/rows/lineage';
import type { Pseudonyms } from 'qcc-clickhouse/rows/pseudonyms';
import { reporterOf } from 'qcc-clickhouse/rows/share-debtor-cases';
import { readOccurrence } from 'qcc-clickhouse/rows/stored-occurrence';
import { type RecordRow, writeRecords } from 'qcc-clickhouse/rows/write-records';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Log } from 'qcc-core/base/logs';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Eraser } from 'qcc-evidence/erasure/eraser';
import type { RestoreDetails } from './store/restore-details.ts';
import { type CompletedRow, orUndecodable, type RowOutcome, type StoredRow, type Stream } from './stream.ts';

export type RecordStreamDeps = {
  codec: Pick<AvroCodec, 'body'>;
  restoreDetails: RestoreDetails;
  pseudonyms: Pseudonyms;
};

type Read = ReturnType<typeof readOccurrence> & { body: Buffer; redacted: Buffer };

/** Enriched records into the history, whose views fill the current rows and the ledger. */
export const createHistoryStream = (deps: RecordStreamDeps): Stream => ({
  ...createRecordStream(deps, ({ body, redacted, occurrence, corpKeyNo, id }) => ({
    named: redacted === body ? undefined : { account: occurrence.account, corpKeyNo, id },
    occurrence,
  })),
  table: 'record_history',
  // Only the insert into the history is traced.
  orderOf: async (message) => readOccurrence(await bodyOf(deps, message)).occurrence,
});

/**
 * Stores the records of the history again, for the views that fill the tables for analysts. It skips erased and undecodable messages, which
 * the history stream has reported. A row that ClickHouse refuses is logged, and does not become a dead letter.
 */
export function createDerivationStream(deps: RecordStreamDeps & { log: Pick<Log, 'error'> }): Stream {
  const stream = createRecordStream(deps, ({ type, corpKeyNo, occurrence }) => ({
    reporter: reporterOf({ type, corpKeyNo, account: occurrence.account }),
  }));
  const orNothing = (outcome: RowOutcome): RowOutcome =>
    outcome.kind === 'erased' || outcome.kind === 'undecodable' ? { kind: 'nothing' } : outcome;
  return {
    ...stream,
    table: 'record_derivations',
    needsFollowUp: true,
    toRow(...given) {
      const outcome = stream.toRow(...given);
      return outcome instanceof Promise ? outcome.then(orNothing) : orNothing(outcome);
    },
    onRefused({ topic, partition }, { offset }) {
      deps.log.error(
        { topic, partition, offset },
        'a record is not in the tables for analysts, because ClickHouse refuses its row: either it is a dead letter, too, or a view cannot read it',
      );
    },
  };
}

const bodyOf = ({ codec }: Pick<RecordStreamDeps, 'codec'>, { value }: KafkaMessage): Buffer | Promise<Buffer> =>
  codec.body('enriched-records', value ?? Buffer.alloc(0));

/** @param about What else to say of a stored row. */
function createRecordStream(
  deps: RecordStreamDeps,
  about: (read: Read) => Omit<StoredRow, 'row'>,
): Pick<Stream, 'topic' | 'write' | 'isPersonal' | 'toRow'> {
  const { restoreDetails, pseudonyms } = deps;
  const toOutcome = (message: Buffer, place: Place, eraser: Eraser): RowOutcome => {
    const read = readOccurrence(message);
    const { id, corpKeyNo, occurrence } = read;
    const { account } = occurrence;
    const erasureId = eraser.covers({ account, corpKeyNo, id });
    if (erasureId !== null) return { kind: 'erased', occurrence, erasureId };
    const toStored = (body: Buffer): StoredRow => {
      const { body: redacted, isRenamed } = redactBody(eraser, body);
      const row: RecordRow = {
        body: redacted,
        pseudonym: isRenamed ? null : pseudonyms.of(account, corpKeyNo),
        place,
      };
      return { row, ...about({ ...read, body, redacted }) };
    };
    if (!read.detailsTruncated) return { kind: 'row', ...toStored(message) };
    const complete = async (): Promise<CompletedRow> => {
      const body = await restoreDetails(message);
      return { ...toStored(body), grownBytes: body.length - message.length };
    };
    return { kind: 'split', complete };
  };
  return {
    topic: TOPICS.enrichedRecords,
    write: writeRecords as WriteRows<object>,
    isPersonal: true,
    toRow: orUndecodable((message, place, eraser) => {
      const body = bodyOf(deps, message);
      return body instanceof Promise
        ? body.then((each) => toOutcome(each, place, eraser))
        : toOutcome(body, place, eraser);
    }),
  };
}
