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

/** Made between two turns of the stream that goes to ClickHouse. */
const ROWS_AT_ONCE = 500;
/** What rows may have grown beyond their messages before they are inserted: a batch holds thousands of them. */
const MOST_GROWN_BYTES = 32 * 1_048_576;

/**
 * Returns what stores messages of some partitions of one topic as rows in the stream's table. What does not decode, and what
 * ClickHouse refuses, becomes a dead letter; of what was erased only the position is stored; for all that was stored, facts
 * say which positions. When it resolves all of that is durable, and the offsets may be committed. At least once: tables and
 * facts do not change when it happens again.
 *
 * Rows are inserted while they are made; of a partition that failed, only once all are made, as what cannot be had would
 * else have the others inserted over and over.
 * @throws ClickHouseUnavailableError, EvidenceError `unavailable`, RegistryError, ErasureKeyError, DeadLetterRunError, and what Kafka says: nothing may
 *   be committed then.
 */
export function createStore(deps: StoreDeps, stream: Stream): (parts: readonly Part[]) => Promise<void> {
  /** Partitions whose last batch was begun and did not end well. */
  const unfinished = new Set<string>();
  return async (parts) => {
    const names = parts.map(partitionName);
    const madeFirst = names.some((name) => unfinished.has(name));
    for (const name of names) unfinished.add(name);
    await storeBatch(deps, { stream, parts, madeFirst });
    for (const name of names) unfinished.delete(name);
  };
}

async function storeBatch(
  deps: StoreDeps,
  { stream, parts, madeFirst }: { stream: Stream; parts: readonly Part[]; madeFirst: boolean },
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

  if (madeFirst) await Array.fromAsync(makeRows());
  else await insert(makeRows());
  let grownTogether = 0;
  for (const { source, message, complete } of split) {
    const { row, occurrence, grownBytes } = await complete();
    gathered.push({ source, message, row, occurrence });
    grownTogether += grownBytes;
    if (grownTogether < MOST_GROWN_BYTES) continue;
    await insert(gathered.map(({ row }) => row));
    grownTogether = 0;
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
