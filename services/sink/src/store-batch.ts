import type { KafkaMessage } from 'kafkajs';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { type DeadLetterReason, deadMessage } from 'qcc-core/kafka/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/outgoing';
import { TOPICS } from 'qcc-core/kafka/topics';
import type { Metrics } from 'qcc-core/metrics';
import { orderEvent } from 'qcc-core/order-event';
import { type InsertDeps, insertRows } from './insert-rows.ts';
import type { StoredOccurrence, Stream } from './streams.ts';

export type StoreDeps = InsertDeps & {
  account: string;
  codec: Pick<AvroCodec, 'encode'>;
  /** Resolves once the messages are durable. */
  send: (messages: Outgoing[]) => Promise<void>;
  metrics: Pick<Metrics, 'rowsInserted' | 'deadLetters'>;
  now: () => number;
};

type Origin = { message: KafkaMessage; occurrence?: StoredOccurrence };

/**
 * Messages of one partition → rows in the stream's table. What does not decode, and what ClickHouse refuses, becomes a
 * dead letter; for what was stored, facts say which positions. When it returns all of that is durable, and the offsets
 * may be committed. At least once: tables and facts do not change when it happens again.
 * @throws ClickHouseUnavailableError, RegistryError, and what Kafka says: nothing may be committed then.
 */
export async function storeBatch(
  deps: StoreDeps,
  input: { stream: Stream; topic: string; partition: number; messages: readonly KafkaMessage[] },
): Promise<void> {
  const { stream, topic, partition, messages } = input;
  const origin = new Map<object, Origin>();
  const dead: Outgoing[] = [];
  const bury = (message: KafkaMessage, reason: DeadLetterReason, text: string) => {
    // A dead letter that cannot be stored must not become another one.
    if (stream.topic === TOPICS.deadLetters) throw new Error(`${topic}/${partition} at ${message.offset}: ${text}`);
    deps.metrics.deadLetters.inc({ reason });
    dead.push(
      deadMessage({ message, topic, partition, account: deps.account, stage: 'sink', reason, text, now: deps.now() }),
    );
  };

  for (const message of messages) {
    const { offset, timestamp } = message;
    const outcome = await stream.toRow(message, { topic, partition, offset, timestamp });
    if (outcome.kind === 'nothing') continue;
    if (outcome.kind === 'undecodable') bury(message, 'MESSAGE_UNDECODABLE', outcome.message);
    else origin.set(outcome.row, { message, ...(outcome.occurrence && { occurrence: outcome.occurrence }) });
  }
  const rows = [...origin.keys()];
  const refusedRows = rows.length > 0 ? await insertRows(deps, { table: stream.table, rows }) : [];
  const refused: Origin[] = [];
  for (const { row, message: text } of refusedRows) {
    const from = origin.get(row);
    if (!from) continue;
    bury(from.message, 'ROW_REFUSED', text);
    refused.push(from);
    origin.delete(row);
  }
  deps.metrics.rowsInserted.inc({ table: stream.table }, origin.size);
  const facts = [...factsOf(deps, 'STORED', [...origin.values()]), ...factsOf(deps, 'REJECTED', refused)];
  if (dead.length + facts.length > 0) await deps.send([...dead, ...facts]);
}

/** What of each order was stored, or refused: the ledger then says INCOMPLETE until a person discards it or replays. */
function factsOf({ codec, now }: StoreDeps, stage: 'STORED' | 'REJECTED', origins: readonly Origin[]): Outgoing[] {
  const orders = Map.groupBy(
    origins.flatMap(({ occurrence }) => (occurrence ? [occurrence] : [])),
    ({ account, orderNo, revision }) => JSON.stringify([account, orderNo, revision]),
  );
  return [...orders.values()].map((occurrences) => {
    const { account, orderNo, revision } = occurrences[0] as StoredOccurrence;
    const positions = occurrences.map(({ position }) => position);
    return orderEvent(codec, { account, orderNo, revision, stage, at: now(), positions });
  });
}
