import type { KafkaMessage, TopicPartition } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { type Eraser, NO_ERASURES } from 'qcc-core/erasure/eraser';
import type { ReadErasures } from 'qcc-core/erasure/erasure-list';
import { type DeadLetterReason, deadMessage } from 'qcc-core/kafka/dead-letter';
import type { DeadLetterRuns } from 'qcc-core/kafka/dead-letter-run';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { partitionName, TOPICS } from 'qcc-core/kafka/topics';
import type { Metrics } from 'qcc-core/metrics';
import { Occurrences, orderEvents } from 'qcc-core/order-event';
import { type ErasedOccurrence, storeErased } from './erased-occurrences.ts';
import { type InsertDeps, insertRows, insertWhileMade } from './insert-rows.ts';
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
type Made = Origin & { row: object };
type Split = { source: TopicPartition; message: KafkaMessage; complete: () => Promise<CompletedRow> };

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

type BatchInput = { stream: Stream; parts: readonly Part[]; eraser: Eraser };

async function storeBatch(
  deps: StoreDeps,
  { stream, parts, madeFirst }: Pick<BatchInput, 'stream' | 'parts'> & { madeFirst: boolean },
): Promise<void> {
  const eraser = stream.isPersonal ? await deps.readErasures() : NO_ERASURES;
  const input = { stream, parts, eraser };
  const fate = (madeFirst ? null : await storeWhileMade(deps, input)) ?? (await storeOnceMade(deps, input));
  await storeErased(deps, fate.erased);
  const settledRuns = parts.map(({ messages, ...source }) =>
    deps.runs.admit(source, messages, (message) => fate.dead.get(message)?.reason ?? null),
  );
  deps.metrics.rowsInserted.inc({ table: stream.table }, fate.rows);
  const at = deps.now();
  for (const { occurrence } of fate.erased) fate.stored.add(occurrence);
  const facts = [
    ...orderEvents(deps.codec, { stage: 'STORED', at, occurrences: fate.stored }),
    // The ledger then says INCOMPLETE until a person discards it or replays.
    ...orderEvents(deps.codec, { stage: 'REJECTED', at, occurrences: fate.refused }),
  ];
  const letters = [...fate.dead.values()].map(({ letter }) => letter);
  if (letters.length + facts.length > 0) await deps.send([...letters, ...facts]);
  for (const { reason } of fate.dead.values()) deps.metrics.deadLetters.inc({ reason });
  for (const settleRun of settledRuns) settleRun();
}

/** What became of the messages of a batch. */
class Fate {
  rows = 0;
  readonly stored = new Occurrences();
  readonly refused = new Occurrences();
  readonly erased: ErasedOccurrence[] = [];
  readonly dead = new Map<KafkaMessage, { reason: DeadLetterReason; letter: Outgoing }>();
  readonly split: Split[] = [];

  count({ occurrence }: Made): void {
    this.rows += 1;
    if (occurrence) this.stored.add(occurrence);
  }
}

/** Nothing is kept of a row but its position; null where ClickHouse refuses some of them. */
async function storeWhileMade(deps: StoreDeps, input: BatchInput): Promise<Fate | null> {
  const fate = new Fate();
  async function* groups(): AsyncGenerator<object[], void> {
    for await (const group of makeRows(deps, input, fate)) {
      for (const made of group) fate.count(made);
      yield group.map(({ row }) => row);
    }
  }
  if (!(await insertWhileMade(deps, { ...input.stream, groups: groups() }))) return null;
  await storeMade(deps, { ...input, fate, made: [] });
  return fate;
}

async function storeOnceMade(deps: StoreDeps, input: BatchInput): Promise<Fate> {
  const fate = new Fate();
  const made = (await Array.fromAsync(makeRows(deps, input, fate))).flat();
  await storeMade(deps, { ...input, fate, made });
  return fate;
}

/** Stores rows, and behind them those that have to be completed; what ClickHouse refuses of them is put aside. */
async function storeMade(
  deps: StoreDeps,
  { stream, fate, made }: { stream: Stream; fate: Fate; made: readonly Made[] },
): Promise<void> {
  const insert = async (part: readonly Made[]) => {
    const refusals = await insertRows(deps, { ...stream, rows: part.map(({ row }) => row) });
    const textOf = new Map(refusals.map(({ row, message }) => [row, message]));
    for (const each of part) {
      const text = textOf.get(each.row);
      if (text === undefined) {
        fate.count(each);
        continue;
      }
      bury(deps, stream, fate, each, 'ROW_REFUSED', text);
      if (each.occurrence) fate.refused.add(each.occurrence);
    }
  };
  let gathered = [...made];
  let grownTogether = 0;
  for (const { source, message, complete } of fate.split) {
    const { row, occurrence, grownBytes } = await complete();
    gathered.push({ source, message, row, occurrence });
    grownTogether += grownBytes;
    if (grownTogether < MOST_GROWN_BYTES) continue;
    await insert(gathered);
    gathered = [];
    grownTogether = 0;
  }
  await insert(gathered);
}

/** What the messages become, in groups; what is no row is noted. */
async function* makeRows(
  deps: StoreDeps,
  { stream, parts, eraser }: BatchInput,
  fate: Fate,
): AsyncGenerator<Made[], void> {
  let group: Made[] = [];
  for (const { messages, ...source } of parts) {
    for (const message of messages) {
      const outcome = stream.toRow(message, new MessagePlace(source, message), eraser);
      // Nearly all are made at once, and a promise for each of tens of thousands costs more than the row.
      const made = outcome instanceof Promise ? await outcome : outcome;
      if (made.kind === 'nothing') continue;
      if (made.kind === 'undecodable') {
        const origin = { source, message, occurrence: undefined };
        bury(deps, stream, fate, origin, 'MESSAGE_UNDECODABLE', made.message);
      } else if (made.kind === 'erased') fate.erased.push(made);
      else if (made.kind === 'split') fate.split.push({ source, message, complete: made.complete });
      else if (group.push({ source, message, row: made.row, occurrence: made.occurrence }) === ROWS_AT_ONCE) {
        yield group;
        group = [];
      }
    }
  }
  if (group.length > 0) yield group;
}

function bury(
  { account, now }: StoreDeps,
  stream: Stream,
  fate: Fate,
  { source, message, occurrence }: Origin,
  reason: DeadLetterReason,
  text: string,
): void {
  // A dead letter that cannot be stored must not become another one.
  if (stream.topic === TOPICS.deadLetters) throw new Error(`${partitionName(source)} at ${message.offset}: ${text}`);
  const letter = deadMessage({ account, ...occurrence, message, ...source, stage: 'sink', reason, text, now: now() });
  fate.dead.set(message, { reason, letter });
}
