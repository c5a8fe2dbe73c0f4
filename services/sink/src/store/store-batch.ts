import type { KafkaMessage, TopicPartition } from 'kafkajs';
import { type InsertDeps, insertRows, insertWhileMade } from 'qcc-clickhouse/insert/insert-rows';
import { storeErased } from 'qcc-clickhouse/rows/erased-occurrences';
import { amendReplaced, followingUp } from 'qcc-clickhouse/rows/follow-up-derivations';
import { MessagePlace } from 'qcc-clickhouse/rows/lineage';
import { shareDebtorCases } from 'qcc-clickhouse/rows/share-debtor-cases';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Metrics } from 'qcc-core/base/metrics';
import type { SpanInput } from 'qcc-core/base/tracing/spans';
import { partitionName } from 'qcc-core/contract/topics';
import type { DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import { erasedName } from 'qcc-core/kafka/messages/erased-record';
import { orderEvents } from 'qcc-core/kafka/messages/order-event';
import { openTracedBatch, type TracedBatch, traceOf } from 'qcc-core/kafka/messages/traced-messages';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { type Eraser, NO_ERASURES } from 'qcc-evidence/erasure/eraser';
import type { ReadErasures } from 'qcc-evidence/erasure/erasure-list';
import type { Stream } from '../stream.ts';
import { BatchOutcome, type MadeRow } from './batch-outcome.ts';

export type StoreDeps = InsertDeps & {
  /** Absent if the process serves several accounts. */
  account?: string;
  prefix: string;
  /** The consumer group. */
  group: string;
  codec: Pick<AvroCodec, 'encode'>;
  runs: DeadLetterRuns;
  readErasures: ReadErasures;
  /** Resolves once the messages are durable. */
  send: (messages: Outgoing[]) => Promise<void>;
  metrics: Pick<Metrics, 'rowsInserted' | 'deadLetters'>;
  now: () => number;
};

/** Messages of one partition, in their order. */
export type PartitionBatch = TopicPartition & { messages: readonly KafkaMessage[] };

/** Rows that are made before the stream to ClickHouse gets its turn. */
const ROWS_AT_ONCE = 500;
/** Completed rows are inserted once they are larger than their messages by this much in total. A batch may have thousands of them. */
const MOST_GROWN_BYTES = 32 * 1_048_576;

/**
 * Returns a function that stores messages of some partitions of one topic as rows in the stream's table. Messages that do not
 * decode, and rows that ClickHouse refuses, become dead letters. Of erased content only the position is stored. Facts name the
 * positions of everything that was stored. When the function resolves, all of that is durable and the offsets may be
 * committed. It is at least once: repeating it does not change tables and facts.
 *
 * Rows are inserted while they are made. If ClickHouse refuses some, all are made again to find them. After a failure, the
 * rows of a partition are made before they are inserted: otherwise one row that cannot be made would have the others inserted
 * again and again.
 * @throws ClickHouseUnavailableError, EvidenceError `unavailable`, RegistryError, ErasureKeyError, DeadLetterRunError, and
 *   errors of Kafka: nothing may be committed then.
 */
export function createBatchWriter(
  deps: StoreDeps,
  stream: Stream,
): (batches: readonly PartitionBatch[]) => Promise<void> {
  /** Partitions whose last batch was begun and did not end well. */
  const unfinished = new Set<string>();
  return async (batches) => {
    const names = batches.map(partitionName);
    const madeFirst = names.some((name) => unfinished.has(name));
    for (const name of names) unfinished.add(name);
    const traced = await traceBatches(deps, stream, batches);
    const store = () => storeBatch(deps, { stream, batches, madeFirst, traced });
    await (traced ? traced.run(store) : store());
    for (const name of names) unfinished.delete(name);
  };
}

/** The spans of a batch; undefined without traces. */
async function traceBatches(
  { prefix, group }: StoreDeps,
  { topic, orderOf }: Stream,
  batches: readonly PartitionBatch[],
): Promise<TracedBatch | undefined> {
  if (!orderOf) return undefined;
  const partition = batches.length === 1 ? batches[0]!.partition : undefined;
  const traced = openTracedBatch({ operation: 'process', topic, prefix, partition, group });
  if (!traced) return undefined;
  const messages = batches.flatMap((batch) => batch.messages);
  for (const message of messages) traced.take(traceOf(message));
  // One that does not decode becomes a dead letter, not an error here.
  await traced.describe((index) => orderOf(messages[index]!).catch(() => undefined));
  return traced;
}

type BatchInput = { stream: Stream; batches: readonly PartitionBatch[]; eraser: Eraser };

async function storeBatch(
  deps: StoreDeps,
  {
    stream,
    batches,
    madeFirst,
    traced,
  }: Pick<BatchInput, 'stream' | 'batches'> & { madeFirst: boolean; traced: TracedBatch | undefined },
): Promise<void> {
  const eraser = stream.isPersonal ? await deps.readErasures() : NO_ERASURES;
  const input = { stream, batches, eraser };
  const store = async () =>
    (madeFirst ? null : await storeWhileMade(deps, input)) ?? (await storeOnceMade(deps, input));
  const storeAll = () => (stream.needsFollowUp ? followingUp(deps, store) : store());
  const outcome = await (traced ? traced.step(insertSpan(deps, stream), storeAll) : storeAll());
  await storeErased(deps, outcome.erased);
  if (outcome.reporters.size > 0) await shareDebtorCases(deps, [...outcome.reporters.values()]);
  await amendReplaced(deps, outcome.replaced);
  const settledRuns = batches.map(({ messages, ...source }) =>
    deps.runs.check(source, messages, (message) => outcome.dead.get(message)?.reason ?? null),
  );
  deps.metrics.rowsInserted.inc({ table: stream.table }, outcome.rows);
  const at = deps.now();
  for (const { occurrence } of outcome.erased) outcome.stored.add(occurrence);
  const facts = [
    ...orderEvents(deps.codec, { stage: 'STORED', at, occurrences: outcome.stored }),
    // The ledger then says INCOMPLETE until a person discards it or replays.
    ...orderEvents(deps.codec, { stage: 'REJECTED', at, occurrences: outcome.refused }),
  ];
  const deadLetters = [...outcome.dead.values()].map(({ deadLetter }) => deadLetter);
  const erasedNames = [...outcome.named.values()].map((record) => erasedName(deps.codec, record, at));
  const messages = [...deadLetters, ...facts, ...erasedNames];
  if (messages.length > 0) await deps.send(messages);
  for (const { reason } of outcome.dead.values()) deps.metrics.deadLetters.inc({ reason });
  for (const settleRun of settledRuns) settleRun();
}

/** Follows OpenTelemetry's conventions for databases. The span around it says how many rows belong to which order. */
const insertSpan = ({ database }: StoreDeps, { table }: Stream): SpanInput => ({
  name: `INSERT ${table}`,
  role: 'client',
  attributes: { dbSystem: 'clickhouse', dbNamespace: database, dbOperation: 'INSERT', dbTable: table },
});

/** Keeps only the position of each row; null if ClickHouse refuses some of them. */
async function storeWhileMade(deps: StoreDeps, input: BatchInput): Promise<BatchOutcome | null> {
  const outcome = new BatchOutcome(deps, input.stream);
  async function* groups(): AsyncGenerator<object[], void> {
    for await (const group of makeRows(input, outcome)) {
      for (const made of group) outcome.count(made);
      yield group.map(({ row }) => row);
    }
  }
  if (!(await insertWhileMade(deps, input.stream, groups()))) return null;
  await insertMade(deps, input.stream, { outcome, made: [] });
  return outcome;
}

async function storeOnceMade(deps: StoreDeps, input: BatchInput): Promise<BatchOutcome> {
  const outcome = new BatchOutcome(deps, input.stream);
  const made = (await Array.fromAsync(makeRows(input, outcome))).flat();
  await insertMade(deps, input.stream, { outcome, made });
  return outcome;
}

/** Inserts rows, and then those that have to be completed. Rows that ClickHouse refuses are put aside. */
async function insertMade(
  deps: StoreDeps,
  stream: Stream,
  { outcome, made }: { outcome: BatchOutcome; made: readonly MadeRow[] },
): Promise<void> {
  const insert = async (part: readonly MadeRow[]) => {
    const refusals = await insertRows(deps, { ...stream, rows: part.map(({ row }) => row) });
    const textOf = new Map(refusals.map(({ row, message }) => [row, message]));
    for (const each of part) {
      const text = textOf.get(each.row);
      if (text === undefined) outcome.count(each);
      else outcome.refuse(each, text);
    }
  };
  let gathered = [...made];
  let grownTogether = 0;
  for (const { source, message, complete } of outcome.split) {
    const { grownBytes, ...completed } = await complete();
    gathered.push({ source, message, ...completed });
    grownTogether += grownBytes;
    if (grownTogether < MOST_GROWN_BYTES) continue;
    await insert(gathered);
    gathered = [];
    grownTogether = 0;
  }
  await insert(gathered);
}

/** Makes rows of the messages, in groups. Messages that become no row are noted in the outcome. */
async function* makeRows(
  { stream, batches, eraser }: BatchInput,
  outcome: BatchOutcome,
): AsyncGenerator<MadeRow[], void> {
  let group: MadeRow[] = [];
  for (const { messages, ...source } of batches) {
    for (const message of messages) {
      const making = stream.toRow(message, new MessagePlace(source, message), eraser);
      // Nearly all are made at once, and a promise for each of tens of thousands costs more than the row.
      const made = making instanceof Promise ? await making : making;
      if (made.kind === 'nothing') continue;
      if (made.kind === 'undecodable')
        outcome.deadLetter({ source, message, reason: 'MESSAGE_UNDECODABLE', text: made.message });
      else if (made.kind === 'erased') outcome.erased.push(made);
      else if (made.kind === 'split') outcome.split.push({ source, message, complete: made.complete });
      else if (
        group.push({
          source,
          message,
          row: made.row,
          occurrence: made.occurrence,
          named: made.named,
          reporter: made.reporter,
          replaced: made.replaced,
        }) === ROWS_AT_ONCE
      ) {
        yield group;
        group = [];
      }
    }
  }
  if (group.length > 0) yield group;
}
