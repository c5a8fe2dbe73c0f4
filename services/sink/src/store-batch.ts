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
  const origin = new Map<object, { message: KafkaMessage; occurrence?: StoredOccurrence }>();
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
    if (outcome.kind === 'undecodable') bury(message, 'MESSAGE_UNDECODABLE', outcome.message);
    else origin.set(outcome.row, { message, ...(outcome.occurrence && { occurrence: outcome.occurrence }) });
  }
  const rows = [...origin.keys()];
  const refused = rows.length > 0 ? await insertRows(deps, { table: stream.table, rows }) : [];
  for (const { row, message: text } of refused) {
    const from = origin.get(row);
    if (from) bury(from.message, 'ROW_REFUSED', text);
    origin.delete(row);
  }
  deps.metrics.rowsInserted.inc({ table: stream.table }, origin.size);
  const facts = storedFacts(deps, [...origin.values()]);
  if (dead.length + facts.length > 0) await deps.send([...dead, ...facts]);
}

function storedFacts({ codec, now }: StoreDeps, stored: readonly { occurrence?: StoredOccurrence }[]): Outgoing[] {
  const orders = Map.groupBy(
    stored.flatMap(({ occurrence }) => (occurrence ? [occurrence] : [])),
    ({ account, orderNo, revision }) => JSON.stringify([account, orderNo, revision]),
  );
  return [...orders.values()].map((occurrences) => {
    const { account, orderNo, revision } = occurrences[0] as StoredOccurrence;
    const positions = occurrences.map(({ position }) => position);
    return orderEvent(codec, { account, orderNo, revision, stage: 'STORED', at: now(), positions });
  });
}
