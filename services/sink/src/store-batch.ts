import type { KafkaMessage, TopicPartition } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { NO_ERASURES } from 'qcc-core/erasure/eraser';
import type { ReadErasures } from 'qcc-core/erasure/erasure-list';
import { type DeadLetterReason, deadMessage } from 'qcc-core/kafka/dead-letter';
import type { DeadLetterRuns } from 'qcc-core/kafka/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { partitionName, TOPICS } from 'qcc-core/kafka/topics';
import type { Metrics } from 'qcc-core/metrics';
import { orderEvents } from 'qcc-core/order-event';
import { type ErasedOccurrence, storeErased } from './erased-occurrences.ts';
import { type InsertDeps, type InsertInput, insertRows } from './insert-rows.ts';
import { MessagePlace } from './lineage.ts';
import type { StoredOccurrence } from './stored-occurrence.ts';
import type { CompletedRow, Stream } from './streams.ts';

export type StoreDeps = InsertDeps & {
  account: string;
  codec: Pick<AvroCodec, 'encode'>;
  runs: DeadLetterRuns;
  readErasures: ReadErasures;
  /** Resolves once the messages are durable. */
  send: (messages: Outgoing[]) => Promise<void>;
  metrics: Pick<Metrics, 'rowsInserted' | 'deadLetters'>;
  now: () => number;
};

/** Messages of one partition, in their order. */
export type Part = TopicPartition & { messages: readonly KafkaMessage[] };

type Origin = { source: TopicPartition; message: KafkaMessage; occurrence: StoredOccurrence | undefined };
type Gathered = Origin & { row: object };

/** ClickHouse reads these while the next are made. */
const ROWS_AT_ONCE = 500;
/** What rows may have grown beyond their messages before they are inserted: a batch holds thousands of them. */
const MOST_GROWN_BYTES = 32 * 1_048_576;

/**
 * Messages of some partitions of one topic → rows in the stream's table. What does not decode, and what ClickHouse refuses,
 * becomes a dead letter; of what was erased only the position is stored; for all that was stored, facts say which
 * positions. When it returns all of that is durable, and the offsets may be committed. At least once: tables and facts do
 * not change when it happens again.
 * @throws ClickHouseUnavailableError, EvidenceError `unavailable`, RegistryError, ErasureKeyError, DeadLetterRunError, and what Kafka says: nothing may
 *   be committed then.
 */
export async function storeBatch(
  deps: StoreDeps,
  { stream, parts }: { stream: Stream; parts: readonly Part[] },
): Promise<void> {
  let gathered: Gathered[] = [];
  let storedRows = 0;
  const stored: StoredOccurrence[] = [];
  const refused: StoredOccurrence[] = [];
  const dead = new Map<KafkaMessage, { reason: DeadLetterReason; letter: Outgoing }>();
  const bury = ({ source, message, occurrence }: Origin, reason: DeadLetterReason, text: string) => {
    // A dead letter that cannot be stored must not become another one.
    if (stream.topic === TOPICS.deadLetters) throw new Error(`${partitionName(source)} at ${message.offset}: ${text}`);
    const { account, now } = deps;
    const letter = deadMessage({ account, ...occurrence, message, ...source, stage: 'sink', reason, text, now: now() });
    dead.set(message, { reason, letter });
  };

  const insert = async (rows: InsertInput<object>['rows']) => {
    const refusals = new Map((await insertRows(deps, { ...stream, rows })).map(({ row, message }) => [row, message]));
    for (const each of gathered) {
      const text = refusals.get(each.row);
      if (text !== undefined) bury(each, 'ROW_REFUSED', text);
      if (each.occurrence) (text === undefined ? stored : refused).push(each.occurrence);
    }
    storedRows += gathered.length - refusals.size;
    gathered = [];
  };

  const eraser = stream.isPersonal ? await deps.readErasures() : NO_ERASURES;
  const erased: ErasedOccurrence[] = [];
  const split: { source: TopicPartition; message: KafkaMessage; complete: () => Promise<CompletedRow> }[] = [];

  async function* makeRows(): AsyncGenerator<object[], void> {
    let rows: object[] = [];
    for (const { messages, ...source } of parts) {
      for (const message of messages) {
        const made = stream.toRow(message, new MessagePlace(source, message), eraser);
        // Nearly all are made at once, and a promise for each of tens of thousands costs more than the row.
        const outcome = made instanceof Promise ? await made : made;
        if (outcome.kind === 'nothing') continue;
        if (outcome.kind === 'undecodable')
          bury({ source, message, occurrence: undefined }, 'MESSAGE_UNDECODABLE', outcome.message);
        else if (outcome.kind === 'erased') erased.push(outcome);
        else if (outcome.kind === 'split') split.push({ source, message, complete: outcome.complete });
        else {
          gathered.push({ source, message, row: outcome.row, occurrence: outcome.occurrence });
          if (rows.push(outcome.row) < ROWS_AT_ONCE) continue;
          yield rows;
          rows = [];
        }
      }
    }
    if (rows.length > 0) yield rows;
  }

  await insert(makeRows());
  let grownBytes = 0;
  for (const { source, message, complete } of split) {
    const { row, occurrence, ...grown } = await complete();
    gathered.push({ source, message, row, occurrence });
    grownBytes += grown.grownBytes;
    if (grownBytes < MOST_GROWN_BYTES) continue;
    await insert(gathered.map(({ row }) => row));
    grownBytes = 0;
  }
  await insert(gathered.map(({ row }) => row));
  await storeErased(deps, erased);
  const settledRuns = parts.map(({ messages, ...source }) =>
    deps.runs.admit(source, messages, (message) => dead.get(message)?.reason ?? null),
  );
  deps.metrics.rowsInserted.inc({ table: stream.table }, storedRows);
  const at = deps.now();
  const counted = [...stored, ...erased.map(({ occurrence }) => occurrence)];
  const facts = [
    ...orderEvents(deps.codec, { stage: 'STORED', at, occurrences: counted }),
    // The ledger then says INCOMPLETE until a person discards it or replays.
    ...orderEvents(deps.codec, { stage: 'REJECTED', at, occurrences: refused }),
  ];
  const letters = [...dead.values()].map(({ letter }) => letter);
  if (letters.length + facts.length > 0) await deps.send([...letters, ...facts]);
  for (const { reason } of dead.values()) deps.metrics.deadLetters.inc({ reason });
  for (const settleRun of settledRuns) settleRun();
}
