import { setTimeout as delay } from 'node:timers/promises';
import type { Order } from 'qcc-core/contract/domain';
import type { CallBreaker } from 'qcc-core/qcc/call-breaker';
import type { QccClient } from 'qcc-core/qcc/client';
import { EMPTY_LIST } from 'qcc-core/qcc/endpoints/list-latest-order-no';

/** `unknown`: QCC does not give its list now, or the order may be a row of it that cannot be read. */
export type Listing = 'listed' | 'unlisted' | 'unknown';

/**
 * Whether QCC lists an order. Only orders of callbacks are looked up: reconcile has found its orders on the list, and a
 * person asked for a replay.
 * @throws the signal's reason
 */
export type AskListing = (
  order: Pick<Order, 'orderNo' | 'source' | 'receivedAt'>,
  signal: AbortSignal,
) => Promise<Listing>;

/** The pause after a list that did not name the order it was asked for. */
export const LIST_PAUSE_MS = 15_000;
const LIST_RETRY = { attempts: 3 };
/** Far more than the thirty that a list names. */
const MOST_NAMED = 1_000;

/**
 * Anybody who has the key can invent order numbers, but only QCC can list them. A list says nothing about orders that came
 * after it was asked for. So one list serves all orders that were received before it, and one more is asked for an order
 * that came later. If that did not name its order, the next one has to wait: invented orders must not cost a call each.
 */
export function createAskListing(deps: {
  client: Pick<QccClient, 'listLatestOrderNo'>;
  breaker: CallBreaker;
  now: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}): AskListing {
  const { client, breaker, now, sleep = (ms, signal) => delay(ms, undefined, { signal }) } = deps;
  /** Every order that a list named, the newest last. */
  const named = new Set<string>();
  let askedAt = Number.NEGATIVE_INFINITY;
  /** When the newest list was asked for that names all its orders. */
  let completeAt = Number.NEGATIVE_INFINITY;
  let mayAskAt = Number.NEGATIVE_INFINITY;
  /** Partitions take turns, since one list may serve all of them. */
  let turn: Promise<unknown> = Promise.resolve();

  const ask = async (signal: AbortSignal): Promise<void> => {
    askedAt = now();
    const outcome = await client.listLatestOrderNo({ signal, retry: LIST_RETRY });
    breaker.note(outcome);
    if (outcome.kind !== 'success' && outcome.kind !== 'empty') return;
    const { orders, unnamed, unread } = outcome.kind === 'success' ? outcome.value : EMPTY_LIST;
    // An order that the list does not name may be a row without a number, or one that is not read.
    if (unnamed.length === 0 && unread === 0) completeAt = askedAt;
    for (const { orderNo } of orders) {
      named.delete(orderNo);
      named.add(orderNo);
    }
    for (const orderNo of named) if (named.size > MOST_NAMED) named.delete(orderNo);
  };

  const said = ({ orderNo, receivedAt }: Parameters<AskListing>[0]): Listing | undefined => {
    if (named.has(orderNo)) return 'listed';
    return completeAt > receivedAt ? 'unlisted' : undefined;
  };

  const lookUp: AskListing = async (order, signal) => {
    const before = said(order);
    if (before) return before;
    const isIncomplete = completeAt !== askedAt;
    if (breaker.trippedBy() || (isIncomplete && now() < mayAskAt)) return 'unknown';
    await sleep(Math.max(0, mayAskAt - now()), signal);
    await ask(signal);
    if (!named.has(order.orderNo)) mayAskAt = now() + LIST_PAUSE_MS;
    // If the gateway's clock is ahead, the list is taken as it is.
    return said(order) ?? (completeAt === askedAt ? 'unlisted' : 'unknown');
  };

  return async (order, signal) => {
    if (order.source !== 'callback') return 'listed';
    const known = said(order);
    if (known) return known;
    const result = turn.then(() => lookUp(order, signal));
    turn = result.catch(() => {});
    return await result;
  };
}
