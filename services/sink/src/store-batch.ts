import type { KafkaMessage } from 'kafkajs';
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
import { type InsertDeps, insertRows } from './insert-rows.ts';
import type { StoredOccurrence } from './stored-occurrence.ts';
import type { Stream } from './streams.ts';

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
export type Part = { topic: string; partition: number; messages: readonly KafkaMessage[] };

type Origin = { from: Omit<Part, 'messages'>; message: KafkaMessage; occurrence?: StoredOccurrence };

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
  const gathered = new Map<object, Origin>();
  const stored: Origin[] = [];
  const refused: Origin[] = [];
  const dead = new Map<KafkaMessage, { reason: DeadLetterReason; letter: Outgoing }>();
  const bury = ({ from, message, occurrence }: Origin, reason: DeadLetterReason, text: string) => {
    // A dead letter that cannot be stored must not become another one.
    if (stream.topic === TOPICS.deadLetters) throw new Error(`${partitionName(from)} at ${message.offset}: ${text}`);
    const { account, now } = deps;
    const letter = deadMessage({ account, ...occurrence, message, ...from, stage: 'sink', reason, text, now: now() });
    dead.set(message, { reason, letter });
  };

  const insertGathered = async () => {
    const rows = [...gathered.keys()];
    const refusedRows = rows.length > 0 ? await insertRows(deps, { ...stream, rows }) : [];
    for (const { row, message: text } of refusedRows) {
      const origin = gathered.get(row);
      if (!origin) continue;
      bury(origin, 'ROW_REFUSED', text);
      refused.push(origin);
      gathered.delete(row);
    }
    for (const origin of gathered.values()) stored.push(origin);
    gathered.clear();
  };

  const eraser = stream.isPersonal ? await deps.readErasures() : NO_ERASURES;
  const erased: ErasedOccurrence[] = [];
  let grownBytes = 0;
  for (const { topic, partition, messages } of parts) {
    const from = { topic, partition };
    for (const message of messages) {
      const { offset, timestamp } = message;
      const outcome = await stream.toRow(message, { topic, partition, offset, timestamp }, eraser);
      if (outcome.kind === 'nothing') continue;
      if (outcome.kind === 'undecodable') bury({ from, message }, 'MESSAGE_UNDECODABLE', outcome.message);
      else if (outcome.kind === 'erased') erased.push(outcome);
      else {
        gathered.set(outcome.row, { from, message, ...(outcome.occurrence && { occurrence: outcome.occurrence }) });
        grownBytes += outcome.grownBytes ?? 0;
        if (grownBytes < MOST_GROWN_BYTES) continue;
        await insertGathered();
        grownBytes = 0;
      }
    }
  }
  await insertGathered();
  await storeErased(deps, erased);
  const settledRuns = parts.map(({ messages, ...from }) =>
    deps.runs.admit(
      from,
      messages.map((message) => ({ offset: message.offset, reason: dead.get(message)?.reason ?? null })),
    ),
  );
  deps.metrics.rowsInserted.inc({ table: stream.table }, stored.length);
  const at = deps.now();
  const facts = [
    ...orderEvents(deps.codec, { stage: 'STORED', at, occurrences: occurrencesOf([...stored, ...erased]) }),
    // The ledger then says INCOMPLETE until a person discards it or replays.
    ...orderEvents(deps.codec, { stage: 'REJECTED', at, occurrences: occurrencesOf(refused) }),
  ];
  const letters = [...dead.values()].map(({ letter }) => letter);
  if (letters.length + facts.length > 0) await deps.send([...letters, ...facts]);
  for (const { reason } of dead.values()) deps.metrics.deadLetters.inc({ reason });
  for (const settleRun of settledRuns) settleRun();
}

const occurrencesOf = (all: readonly { occurrence?: StoredOccurrence }[]): StoredOccurrence[] =>
  all.flatMap(({ occurrence }) => occurrence ?? []);
