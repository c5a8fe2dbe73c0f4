import { createHash } from 'node:crypto';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Order, OrderState } from 'qcc-core/domain';
import { toDeadLetter } from 'qcc-core/kafka/dead-letter';
import type { Lane } from 'qcc-core/kafka/lane';
import { orderStateKey } from 'qcc-core/kafka/order-state';
import type { AnyOutgoing, Outgoing } from 'qcc-core/kafka/outgoing';
import { bytesOf } from 'qcc-core/kafka/record-batch';
import { TOPICS } from 'qcc-core/kafka/topics';
import type { Metrics } from 'qcc-core/metrics';
import { orderEvent } from 'qcc-core/order-event';
import type { SpooledElement } from './change-spool.ts';
import { corpKeyNoOf, createRecordWriter } from './encode-change.ts';
import type { SpooledArchive } from './fetch-archive.ts';
import type { ElementOutcome, ExtractionContext, RejectedElement } from './parse-element.ts';
import type { RevisionPlan } from './plan-revision.ts';

export type PublishDeps = {
  codec: AvroCodec;
  metrics: Pick<Metrics, 'recordsPublished' | 'recordsRejected' | 'unknownCodes' | 'deadLetters'>;
  now: () => number;
  /** A part ends at the first of the two; far from the transaction timeout, and the next stage starts at once. */
  part: { maxRecords: number; maxMs: number };
};

/** Where the order's message stood, and how far the input is committed with its last part. */
export type OrderPlace = { topic: string; partition: number; offset: string; nextOffset: bigint };

type Part = { nextPosition: number; parsed: number[]; rejected: number[] };

/**
 * Publishes an inspected archive in parts, each one transaction of records, dead letters, facts and the order's state;
 * the last one also commits the input offset. Memory holds a chunk of records, not a part.
 * @throws LaneLostError; parts committed before stay, and the next try goes on behind them.
 */
export async function publishOrder(
  deps: PublishDeps,
  input: {
    lane: Lane;
    order: Order;
    archive: SpooledArchive;
    plan: RevisionPlan;
    place: OrderPlace;
    /** Told the state after each part. */
    onState: (state: OrderState) => void;
  },
): Promise<void> {
  const { lane, order, archive, plan, place } = input;
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

  /** Read, and too much for the part before. */
  let left: SpooledElement[] = [];
  let nextPosition = plan.firstPosition;
  let isFirst = true;
  let isLast = false;
  while (!isLast) {
    let state: OrderState | undefined;
    // How far the part reaches is known only inside: a part that might be the last reads on until it knows.
    const part: Part = { nextPosition, parsed: [], rejected: [] };
    const startedAt = deps.now();
    await lane.transact(
      async (transaction) => {
        isLast = true;
        let sending = Promise.resolve();
        for await (const batch of withLeft(left, elements)) {
          const due = batch.filter(({ position }) => position >= part.nextPosition);
          left = due.splice(deps.part.maxRecords - part.parsed.length - part.rejected.length);
          const outgoing = due.map((element) => toOutgoing({ deps, context, place, writeRecord }, element));
          // The brokers have the last batch while this one is read and put together.
          await sending;
          sending = transaction.send(outgoing.map(({ message }) => message));
          sending.catch(() => {});
          for (const { position, isRejected } of outgoing) {
            (isRejected ? part.rejected : part.parsed).push(position);
            part.nextPosition = position + 1;
          }
          const isFull =
            part.parsed.length + part.rejected.length >= deps.part.maxRecords ||
            deps.now() - startedAt >= deps.part.maxMs;
          if (isFull && part.nextPosition < inspection.elements) {
            isLast = false;
            break;
          }
        }
        await sending;
        state = {
          account: order.account,
          orderNo: order.orderNo,
          revision: plan.revision,
          outcome: isLast ? 'EXTRACTED' : 'PUBLISHING',
          plaintextSha256: inspection.plaintextSha256,
          nextPosition: part.nextPosition,
          updatedAt: deps.now(),
          unconfirmed: archive.unconfirmed,
        };
        const at = deps.now();
        const whole = {
          ...fact,
          at,
          pushDate: inspection.pushDate,
          declared: inspection.declared ?? inspection.elements,
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
          ...(isLast ? [orderEvent(deps.codec, { ...whole, stage: 'EXTRACTED' })] : []),
          orderStateMessage(deps.codec, state, lane.partition),
        ]);
      },
      // Read when the body is done: only the last part ends the order's message.
      () => (isLast ? { nextOffset: place.nextOffset } : undefined),
    );
    if (state) input.onState(state);
    deps.metrics.recordsPublished.inc(part.parsed.length);
    isFirst = false;
    nextPosition = part.nextPosition;
  }
}

/** The state's message, on the partition of the order's own. */
export const orderStateMessage = (codec: AvroCodec, state: OrderState, partition: number): Outgoing => ({
  topic: TOPICS.orderState,
  key: orderStateKey(state.account, state.orderNo),
  value: codec.encode('order-state', state),
  partition,
});

export const positionOf = (outcome: ElementOutcome): number =>
  outcome.kind === 'record' ? outcome.record.position : outcome.position;

type OutgoingElement = { message: AnyOutgoing; position: number; isRejected: boolean };

/** Message and key on `records`, with room for what the next topics add to them; the topic takes 1 MiB. */
const MESSAGE_MAX_BYTES = 1_000_000;

type OutgoingDeps = {
  deps: PublishDeps;
  context: ExtractionContext;
  place: OrderPlace;
  writeRecord: ReturnType<typeof createRecordWriter>;
};

function toOutgoing({ deps, context, place, writeRecord }: OutgoingDeps, element: SpooledElement): OutgoingElement {
  if (element.kind === 'rejected') return toRejected(deps, context, place, element);
  const { position, change, unknownType, unknownCategory } = element;
  const key = corpKeyNoOf(change);
  const value = writeRecord(change, position);
  const byteLength = value.byteLength + Buffer.byteLength(key);
  if (byteLength > MESSAGE_MAX_BYTES) {
    const sha256 = createHash('sha256').update(bytesOf(value)).digest('hex');
    return toRejected(deps, context, place, {
      kind: 'rejected',
      reason: 'RECORD_TOO_LARGE',
      message: `as a message it has ${byteLength} bytes`,
      position,
      element: { kind: 'tooLarge', position, byteLength, sha256 },
    });
  }
  if (unknownType) deps.metrics.unknownCodes.inc({ field: 'type' });
  if (unknownCategory) deps.metrics.unknownCodes.inc({ field: 'category' });
  return { message: { topic: TOPICS.records, key, value }, position, isRejected: false };
}

function toRejected(
  deps: PublishDeps,
  context: ExtractionContext,
  place: OrderPlace,
  outcome: RejectedElement,
): OutgoingElement {
  deps.metrics.recordsRejected.inc({ reason: outcome.reason });
  deps.metrics.deadLetters.inc({ reason: outcome.reason });
  return { message: rejectedLetter(context, place, outcome, deps.now()), position: outcome.position, isRejected: true };
}

/** The dead letter of a record that was refused. */
export function rejectedLetter(
  context: ExtractionContext,
  place: Pick<OrderPlace, 'topic' | 'partition' | 'offset'>,
  { element, position, message, reason }: RejectedElement,
  now: number,
): Outgoing {
  return toDeadLetter({
    stage: 'archive-extractor',
    reason,
    message: `record ${position} of order ${context.orderNo}: ${message}`,
    key: context.orderNo,
    bytes: element.kind === 'tooLarge' ? null : Buffer.from(element.content),
    ...(element.kind === 'tooLarge' && { digest: { bytes: element.byteLength, sha256: element.sha256 } }),
    place: {
      topic: place.topic,
      partition: place.partition,
      offset: place.offset,
      account: context.account,
      orderNo: context.orderNo,
      revision: context.revision,
      position,
    },
    now,
  });
}

/** What is left first, then what comes; survives `break`, so that the next part goes on with it. */
async function* withLeft<Item>(
  left: Item[],
  batches: AsyncGenerator<Item[], void, undefined>,
): AsyncGenerator<Item[], void, undefined> {
  if (left.length > 0) yield left;
  for (let next = await batches.next(); !next.done; next = await batches.next()) yield next.value;
}
