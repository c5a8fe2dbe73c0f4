/** The ways in which a message of `orders` ends without publishing records. */
import type { KafkaMessage } from 'kafkajs';
import type { Listing } from 'qcc-archive/obtain/order-listing';
import type { Refused } from 'qcc-archive/obtain/steps';
import type { AvroCodec } from 'qcc-core/avro/codec';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { DeadLetterReason } from 'qcc-core/contract/dead-letter-reasons';
import type { Order } from 'qcc-core/contract/domain';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { deadMessage } from 'qcc-core/kafka/messages/dead-letter';
import { orderEvent } from 'qcc-core/kafka/messages/order-event';
import { type OrderProgress, orderStateKey } from 'qcc-core/kafka/messages/order-state';
import type { RecentFailures } from './admit-order.ts';
import type { GatheredMessages } from './gathered-messages.ts';
import type { ConfirmOriginals } from './keep-original.ts';
import { noOrderStateMessage, type OrderStates, orderStateMessage } from './order-states.ts';
import { failedState } from './plan-revision.ts';
import type { OrderPlace } from './publish-order.ts';

const STAGE = 'archive-extractor';

export type SettleDeps = {
  account: string;
  codec: AvroCodec;
  /** By the key of their state. */
  recentFailures: RecentFailures;
  confirmOriginals: ConfirmOriginals;
  metrics: Pick<Metrics, 'deadLetters' | 'ordersExtracted' | 'archiveBytes'>;
  log: Log;
  now: () => number;
};

/** A message of `orders`, and what belongs to its partition. */
export type OrderInput = {
  lane: Lane;
  states: OrderStates;
  message: KafkaMessage;
  place: OrderPlace;
  /** Takes messages that end without a fetch. Every earlier message is committed or in it. */
  gathered: GatheredMessages;
};

const NOT_LISTED: Record<Exclude<Listing, 'listed'>, (orderNo: string) => string> = {
  unlisted: (orderNo) => `QCC does not list order ${orderNo}`,
  unknown: (orderNo) =>
    `QCC does not give its list, or lists an order without a usable number, so nobody can tell whether it lists order ${orderNo}`,
};

/** Skips an order that only a callback names, if more of them came than may be fetched. */
export function passOver(
  { codec, metrics, log, now, account }: SettleDeps,
  { message, place, gathered }: OrderInput,
  { order, state, listing }: { order: Order; state: OrderProgress | undefined; listing: Exclude<Listing, 'listed'> },
): void {
  log.debug({ orderNo: order.orderNo, listing }, 'order passed over, left to reconcile');
  // What stands on the topics stays, whatever callbacks say.
  if (state?.outcome === 'EXTRACTED') {
    gathered.add(place.nextOffset);
    return;
  }
  const reason = 'ORDER_UNLISTED';
  const { orderNo, source } = order;
  const text = `${NOT_LISTED[listing](orderNo)}, and more orders of callbacks came in an hour than UNCHECKED_ORDERS_PER_HOUR`;
  gathered.add(place.nextOffset, [
    deadMessage({ ...place, message, account, orderNo, stage: STAGE, reason, text, now: now() }),
    orderEvent(codec, { account, orderNo, revision: state?.revision ?? 0, stage: 'FAILED', at: now(), source, reason }),
  ]);
  metrics.deadLetters.inc({ reason });
  metrics.ordersExtracted.inc({ outcome: reason });
}

/** Makes a dead letter of the message. An order that was published before stays so. */
export async function failOrder(
  deps: SettleDeps,
  { lane, states, message, place }: OrderInput,
  failed: { reason: DeadLetterReason; message: string; order?: Order },
): Promise<void> {
  const { account, codec, log, metrics, now } = deps;
  const { reason, message: text, order } = failed;
  const key = orderStateKey(order?.account ?? account, order?.orderNo ?? '');
  const before = states.get(key);
  const state = order && failedState(before, order, { reason, now: now() });
  const deadLetter = deadMessage({
    ...place,
    message,
    account,
    ...(order && { orderNo: order.orderNo }),
    stage: STAGE,
    reason,
    text,
    now: now(),
  });
  const said =
    order && before?.outcome !== 'EXTRACTED'
      ? [
          orderEvent(codec, {
            account: order.account,
            orderNo: order.orderNo,
            revision: before?.revision ?? 0,
            stage: 'FAILED',
            at: now(),
            source: order.source,
            reason,
          }),
          ...(state ? [orderStateMessage(codec, state, lane.partition)] : []),
          ...(before && !state ? [noOrderStateMessage(key, lane.partition)] : []),
        ]
      : [];
  await lane.transact((transaction) => transaction.send([deadLetter, ...said]), { nextOffset: place.nextOffset });
  if (state) states.set(key, state);
  else if (order && before?.outcome !== 'EXTRACTED') states.delete(key);
  if (order) deps.recentFailures.note(key);
  metrics.deadLetters.inc({ reason });
  metrics.ordersExtracted.inc({ outcome: reason });
  log.error({ orderNo: order?.orderNo, reason }, `order not extracted: ${text}`);
}

/** Publishes that a signed fetch brought the same plaintext as the callback's link. */
export async function confirmOrder(
  { codec, log, now }: SettleDeps,
  { lane, states, place }: OrderInput,
  { order, state }: { order: Order; state: OrderProgress },
): Promise<void> {
  const { account, orderNo } = order;
  const confirmed = { ...state, orderNo, unconfirmed: false, failures: 0, updatedAt: now() };
  const fact = { account, orderNo, revision: state.revision, at: now(), source: order.source };
  await lane.transact(
    (transaction) =>
      transaction.send([
        orderEvent(codec, { ...fact, stage: 'CONFIRMED' }),
        orderStateMessage(codec, confirmed, lane.partition),
      ]),
    { nextOffset: place.nextOffset },
  );
  states.set(orderStateKey(account, orderNo), confirmed);
  log.info({ orderNo }, 'order confirmed: a signed fetch brought the same plaintext');
}

/**
 * Leaves an order unconfirmed. This counts as a failure of the order only if reconcile sent it and its signed archive was refused.
 * @param refused Null if no archive can be fetched by a signed link now.
 */
export async function leaveUnconfirmed(
  { codec, log, now, recentFailures }: SettleDeps,
  { lane, states, place, gathered }: OrderInput,
  { order, state, refused }: { order: Order; state: OrderProgress; refused: Refused | null },
): Promise<void> {
  const { account, orderNo, source } = order;
  const key = orderStateKey(account, orderNo);
  const why = refused?.message ?? 'no archive can be fetched by a signed link now';
  log.warn({ orderNo }, `the order stays unconfirmed, made from the archive of a callback's link: ${why}`);
  recentFailures.note(key);
  // The gateway waits longer each time. A callback must not make it wait.
  if (refused === null || source !== 'reconcile') return gathered.add(place.nextOffset);
  const failed = { ...state, orderNo, failures: state.failures + 1, updatedAt: now() };
  await lane.transact((transaction) => transaction.send([orderStateMessage(codec, failed, lane.partition)]), {
    nextOffset: place.nextOffset,
  });
  states.set(key, failed);
}
