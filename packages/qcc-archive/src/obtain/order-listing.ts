import { setTimeout as delay } from 'node:timers/promises';
import { type Backoff, backoffMs } from 'qcc-core/base/backoff';
import type { Log } from 'qcc-core/base/logs';
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

/** The pause after a list that did not name the order it was asked for. It doubles until a list brings a new order. */
export const LIST_PAUSE_MS: Backoff = { first: 15_000, most: 300_000 };
const LIST_RETRY = { attempts: 3 };
/** Far more than the thirty that a list names. */
const MOST_NAMED = 1_000;

/**
 * Anybody who has the key can invent order numbers, but only QCC can list them. A list says nothing about orders that arrived
 * after the request for it. So one list answers for all orders that were received before it, and an order that arrived later needs
 * another list. If that list does not name the order, there is a pause before the next one. The pause grows: QCC may punish calls
 * for its list, too, and invented orders must not cause many. An order waits only if QCC is expected to give the next list, so at
 * most `LIST_PAUSE_MS.most`.
 */
export function createAskListing(deps: {
  client: Pick<QccClient, 'listLatestOrderNo'>;
  breaker: CallBreaker;
  now: () => number;
  log: Pick<Log, 'warn'>;
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}): AskListing {
  const { client, breaker, now, log, sleep = (ms, signal) => delay(ms, undefined, { signal }) } = deps;
  /** Every order that a list named, the newest last. */
  const named = new Set<string>();
  let askedAt = Number.NEGATIVE_INFINITY;
  /** When the newest list was asked for that names all its orders. */
  let completeAt = Number.NEGATIVE_INFINITY;
  let mayAskAt = Number.NEGATIVE_INFINITY;
  /** How many lists in a row brought nothing new. */
  let inVain = 0;
  /** Partitions take turns, since one list may serve all of them. */
  let turn: Promise<unknown> = Promise.resolve();

  /** @returns whether the list names an order that no earlier one named. */
  const ask = async (signal: AbortSignal): Promise<boolean> => {
    askedAt = now();
    const outcome = await client.listLatestOrderNo({ signal, retry: LIST_RETRY });
    breaker.note(outcome);
    if (outcome.kind !== 'success' && outcome.kind !== 'empty') {
      log.warn(
        { reason: outcome.reason },
        `QCC does not give its list, so nobody can tell which orders of callbacks it lists: ${outcome.message}`,
      );
      return false;
    }
    const { orders, unnamed, unread } = outcome.kind === 'success' ? outcome.value : EMPTY_LIST;
    // An order that the list does not name may be a row without a number, or one that is not read.
    if (unnamed.length === 0 && unread === 0) completeAt = askedAt;
    const hasNews = orders.some(({ orderNo }) => !named.has(orderNo));
    for (const { orderNo } of orders) {
      named.delete(orderNo);
      named.add(orderNo);
    }
    for (const orderNo of named) if (named.size > MOST_NAMED) named.delete(orderNo);
    return hasNews;
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
    inVain = (await ask(signal)) ? 0 : inVain + 1;
    // A tripped circuit breaker already pauses the calls, and a person can end that pause.
    if (!named.has(order.orderNo) && !breaker.trippedBy())
      mayAskAt = now() + backoffMs(LIST_PAUSE_MS, Math.max(0, inVain - 1));
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
