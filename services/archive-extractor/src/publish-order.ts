import type { SpooledElement } from 'qcc-archive/change-file';
import { corpKeyNoOf, createRecordWriter } from 'qcc-archive/encode-change';
import type { InspectedArchive } from 'qcc-archive/obtain/steps';
import type { ExtractionContext } from 'qcc-archive/read-change';
import { type RejectedRecord, rejectedDeadLetter } from 'qcc-archive/rejected-dead-letter';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { bytesOf } from 'qcc-core/avro/composed';
import type { Metrics } from 'qcc-core/base/metrics';
import { orderAttributes } from 'qcc-core/base/tracing/span-attributes';
import { openSpan, type TraceHeaders } from 'qcc-core/base/tracing/spans';
import type { Order, OrderState } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Refusal } from 'qcc-core/kafka/client/refusal';
import type { RefusalSearch } from 'qcc-core/kafka/client/refusal-search';
import type { DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { orderEvent } from 'qcc-core/kafka/messages/order-event';
import { messagingSpan } from 'qcc-core/kafka/messages/traced-messages';
import type { AnyOutgoing } from 'qcc-core/kafka/wire/outgoing';
import { sizeOfMessage } from 'qcc-core/kafka/wire/record-batch';
import { orderStateMessage } from './order-states.ts';
import type { RevisionPlan } from './plan-revision.ts';

export type PublishDeps = {
  prefix: string;
  codec: AvroCodec;
  metrics: Pick<Metrics, 'recordsPublished' | 'recordsRejected' | 'unknownCodes' | 'deadLetters'>;
  now: () => number;
  /** A part ends at the first of the two; far from the transaction timeout, and the next stage starts at once. */
  part: { maxRecords: number; maxMs: number };
  /** Counts records in a row that Kafka refuses: above the limit the topic is at fault, not the records. */
  refusedRuns: DeadLetterRuns;
};

/** The place of the order's message, and the input offset that its last part commits. */
export type OrderPlace = { topic: string; partition: number; offset: string; nextOffset: bigint };

type Part = { nextPosition: number; parsed: number[]; rejected: number[] };

/**
 * Publishes an inspected archive in parts, each one transaction of records, dead letters, facts and the order's state;
 * the last one also commits the input offset. Memory holds a chunk of records, not a part.
 *
 * A part that Kafka refuses for good breaks the lane. The order is then published in smaller parts, until one record alone is
 * refused: it becomes a dead letter.
 * @throws LaneBrokenError: committed parts stay, and the next try goes on behind them.
 * @throws DeadLetterRunError
 */
export async function publishOrder(
  deps: PublishDeps,
  input: {
    lane: Lane;
    order: Order;
    archive: InspectedArchive;
    plan: RevisionPlan;
    place: OrderPlace;
    /** Over positions, for all tries of this order. */
    search: RefusalSearch<number>;
    /** Told the state after each part. */
    onState: (state: OrderState) => void;
  },
): Promise<void> {
  const { lane, order, archive, plan, place, search } = input;
  const { inspection } = archive;
  const context: ExtractionContext = {
    account: order.account,
    orderNo: order.orderNo,
    revision: plan.revision,
    source: order.source,
    archiveSha256: archive.sha256,
    pushDate: inspection.pushDate,
  };
  const fact = { account: order.account, orderNo: order.orderNo, revision: plan.revision, source: order.source };
  const writeRecord = createRecordWriter(deps.codec.header('records'), context);
  await using elements = archive.changes.read();

  /** Elements that were read but did not fit into the previous part. */
  let left: SpooledElement[] = [];
  let nextPosition = plan.firstPosition;
  let isFirst = true;
  let endsOrder = false;
  while (!endsOrder) {
    let state: OrderState | undefined;
    // How far the part reaches is known only inside: a part that might be the last reads on until it knows.
    const part: Part = { nextPosition, parsed: [], rejected: [] };
    const mostRecords = Math.min(deps.part.maxRecords, search.most);
    const settleRun = deps.refusedRuns.check(
      { topic: `the records of ${place.topic}`, partition: place.partition },
      [{ offset: String(nextPosition) }],
      // A record that was refused alone comes first in its part.
      () => search.refusalsOf(nextPosition)[0]?.reason ?? null,
    );
    const startedAt = deps.now();
    const span = openSpan(
      messagingSpan(
        { operation: 'send', topic: TOPICS.records, prefix: deps.prefix },
        { ...orderAttributes(context), position: nextPosition },
      ),
    );
    const { headers } = span;
    const transacted = lane.transact(
      async (transaction) => {
        endsOrder = true;
        let sending: Promise<unknown> = Promise.resolve();
        for await (const batch of withLeft(left, elements)) {
          const due = batch.filter(({ position }) => position >= part.nextPosition);
          left = due.splice(mostRecords - part.parsed.length - part.rejected.length);
          const outgoing = due.map((element) =>
            toOutgoing({ deps, context, place, writeRecord, search, headers }, element),
          );
          // The previous batch was being sent while this one was read and encoded.
          await sending;
          sending = transaction.send(outgoing.map(({ message }) => message));
          sending.catch(() => {});
          for (const { position, isRejected } of outgoing) {
            (isRejected ? part.rejected : part.parsed).push(position);
            part.nextPosition = position + 1;
          }
          const isFull =
            part.parsed.length + part.rejected.length >= mostRecords || deps.now() - startedAt >= deps.part.maxMs;
          if (isFull && part.nextPosition < inspection.elements) {
            endsOrder = false;
            break;
          }
        }
        await sending;
        state = {
          account: order.account,
          orderNo: order.orderNo,
          revision: plan.revision,
          outcome: endsOrder ? 'EXTRACTED' : 'PUBLISHING',
          plaintextSha256: inspection.plaintextSha256,
          nextPosition: part.nextPosition,
          updatedAt: deps.now(),
          unconfirmed: archive.unconfirmed,
          failures: 0,
        };
        const at = deps.now();
        const whole = {
          ...fact,
          at,
          pushDate: inspection.pushDate,
          declared: inspection.declared,
          archiveSha256: archive.sha256,
          unconfirmed: archive.unconfirmed,
        };
        await transaction.send([
          ...(isFirst ? [orderEvent(deps.codec, { ...whole, stage: 'EXTRACTING' })] : []),
          ...(part.parsed.length > 0
            ? [orderEvent(deps.codec, { ...fact, at, stage: 'PARSED', positions: part.parsed })]
            : []),
          ...(part.rejected.length > 0
            ? [orderEvent(deps.codec, { ...fact, at, stage: 'REJECTED', positions: part.rejected })]
            : []),
          ...(endsOrder ? [orderEvent(deps.codec, { ...whole, stage: 'EXTRACTED' })] : []),
          orderStateMessage(deps.codec, state, lane.partition),
        ]);
      },
      // Read when the body is done: only the last part ends the order's message.
      () => (endsOrder ? { nextOffset: place.nextOffset } : undefined),
    );
    try {
      await transacted;
    } catch (error) {
      span.fail(error);
      search.failed([...part.parsed, ...part.rejected], error);
      throw error;
    } finally {
      span.set({ messageCount: part.parsed.length });
      span.end();
    }
    search.committed(part.rejected);
    settleRun();
    if (state) input.onState(state);
    deps.metrics.recordsPublished.inc(part.parsed.length);
    isFirst = false;
    nextPosition = part.nextPosition;
  }
}

type OutgoingElement = { message: AnyOutgoing; position: number; isRejected: boolean };

/** The largest message on `records`. The topic accepts 1 MiB, and the messages of later topics are larger than the record in them. */
const MESSAGE_MAX_BYTES = 1_000_000;

type OutgoingDeps = {
  deps: PublishDeps;
  context: ExtractionContext;
  place: OrderPlace;
  writeRecord: ReturnType<typeof createRecordWriter>;
  search: RefusalSearch<number>;
  headers: TraceHeaders | undefined;
};

function toOutgoing(outgoing: OutgoingDeps, element: SpooledElement): OutgoingElement {
  const { deps, context, place, writeRecord, search, headers } = outgoing;
  if (element.kind === 'rejected') return toRejected(deps, context, place, element);
  const { position, change, unknownType, unknownCategory } = element;
  const message = { topic: TOPICS.records, key: corpKeyNoOf(change), value: writeRecord(change, position) };
  // Headers do not count: whether a record is refused must not depend on traces.
  const refusal = search.refusalsOf(position)[0] ?? refusalBySize(message);
  if (refusal) {
    const refused = { kind: 'refused', avro: bytesOf(message.value) } as const;
    return toRejected(deps, context, place, { kind: 'rejected', ...refusal, position, element: refused });
  }
  if (unknownType) deps.metrics.unknownCodes.inc({ field: 'type' });
  if (unknownCategory) deps.metrics.unknownCodes.inc({ field: 'category' });
  return { message: headers ? { ...message, headers } : message, position, isRejected: false };
}

function refusalBySize(message: Pick<AnyOutgoing, 'key' | 'value'>): Refusal | null {
  const bytes = sizeOfMessage(message);
  return bytes > MESSAGE_MAX_BYTES
    ? { reason: 'RECORD_TOO_LARGE', message: `as a message it has ${bytes} bytes` }
    : null;
}

function toRejected(
  deps: PublishDeps,
  context: ExtractionContext,
  place: OrderPlace,
  outcome: RejectedRecord,
): OutgoingElement {
  deps.metrics.recordsRejected.inc({ reason: outcome.reason });
  deps.metrics.deadLetters.inc({ reason: outcome.reason });
  return {
    message: rejectedDeadLetter(context, place, outcome, deps.now()),
    position: outcome.position,
    isRejected: true,
  };
}

/** Yields the leftover items first, then the batches. A `break` does not close `batches`, so the next part continues with them. */
async function* withLeft<Item>(
  left: Item[],
  batches: AsyncGenerator<Item[], void, undefined>,
): AsyncGenerator<Item[], void, undefined> {
  if (left.length > 0) yield left;
  for (let next = await batches.next(); !next.done; next = await batches.next()) yield next.value;
}
