import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from 'qcc-core/base/backoff';
import { type Sealer, SealingError } from 'qcc-core/base/sealing';
import type { Order } from 'qcc-core/contract/domain';
import type { CallBreaker } from 'qcc-core/qcc/call-breaker';
import type { QccClient } from 'qcc-core/qcc/client';
import { WaitError } from '../errors.ts';
import type { AskListing } from './order-listing.ts';
import type { AskLink, Link } from './steps.ts';

const RETRY = { attempts: 4 };
/** An order may be listed before its file is ready (205). Number of requests for its link, with pauses that double. */
const LATER_ATTEMPTS = 4;
const LATER_PAUSE_MS = { first: 1_000, most: 4_000 };
/** Failures that say nothing of the order: QCC cannot be reached, for this order or any other. */
const UNREACHABLE_REASONS: readonly string[] = ['UNREACHABLE', 'TIMEOUT'];

/**
 * Asks for an order's link and password by signed getDownloadUrl (document 6.2.5). The callback's link is used only if that call is
 * refused or unavailable, and QCC does not deny listing the order. The time at which it is said to expire does not count: the
 * document gives two that are hours apart, and the file host decides. If QCC says that the order does not
 * exist or is not ready, or sends an unknown response, the callback's link is not used: an invented order number could cause these
 * responses. After a quota or stop code, no call is made until the circuit breaker is reset. A problem of this order alone
 * is an outcome, so it does not delay other orders. While QCC refuses both its link and its list, a callback's link that does not work
 * is such a problem too: the order may be invented, and the orders behind it may have links that work. If QCC lists the order later,
 * reconcile publishes it.
 * @throws WaitError if QCC gives no order's link now.
 */
export function createAskLink(deps: {
  client: Pick<QccClient, 'getDownloadUrl'>;
  sealer: Pick<Sealer, 'open'>;
  breaker: CallBreaker;
  askListing: AskListing;
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}): AskLink {
  const { breaker, sleep = (ms, signal) => delay(ms, undefined, { signal }) } = deps;

  const askQcc = async (orderNo: string, signal: AbortSignal) => {
    const trippedBy = breaker.trippedBy();
    if (trippedBy) return trippedBy;
    let outcome = await deps.client.getDownloadUrl({ orderNo }, { signal, retry: RETRY });
    for (let attempt = 1; outcome.kind === 'later' && attempt < LATER_ATTEMPTS; attempt += 1) {
      await sleep(backoffMs(LATER_PAUSE_MS, attempt - 1), signal);
      outcome = await deps.client.getDownloadUrl({ orderNo }, { signal, retry: RETRY });
    }
    breaker.note(outcome);
    return outcome;
  };

  return async (order, { trustCallback, signal }) => {
    const outcome = await askQcc(order.orderNo, signal);
    if (outcome.kind === 'success') {
      const { downloadUrl, unzipPassword } = outcome.value;
      return { kind: 'link', link: { url: downloadUrl, password: unzipPassword, unconfirmed: false } };
    }
    const why = outcome.kind === 'empty' ? 'QCC_201: no such order' : `${outcome.reason}: ${outcome.message}`;
    const message = `getDownloadUrl gives no link for order ${order.orderNo} (${why})`;
    switch (outcome.kind) {
      case 'empty':
      case 'never':
        return { kind: 'refused', reason: 'ORDER_UNKNOWN', message, mayPass: false };
      case 'later':
      case 'unknown':
        return { kind: 'refused', reason: 'LINK_UNAVAILABLE', message, mayPass: false };
      case 'retry':
      case 'pause':
      case 'stop': {
        const listing = await deps.askListing(order, signal);
        if (listing === 'unlisted')
          return {
            kind: 'refused',
            reason: 'LINK_UNAVAILABLE',
            message: `${message}; QCC does not list it`,
            mayPass: false,
          };
        const fallback = trustCallback ? await callbackLink(deps, order) : undefined;
        if (fallback) return { kind: 'link', link: fallback };
        const mayBeOfThisOrder = outcome.kind === 'retry' && !UNREACHABLE_REASONS.includes(outcome.reason);
        if (mayBeOfThisOrder) return { kind: 'refused', reason: 'LINK_UNAVAILABLE', message, mayPass: true };
        // A person with the key can cause these refusals, and could make the feed wait for an invented order until they end.
        if (listing === 'unknown' && outcome.kind !== 'retry')
          return {
            kind: 'refused',
            reason: 'LINK_UNAVAILABLE',
            message: `${message}; the callback has no usable link, and it is not known whether QCC lists the order`,
            mayPass: false,
          };
        throw new WaitError(`${message}, and the callback has no usable link`);
      }
      default:
        return outcome satisfies never;
    }
  };
}

async function callbackLink(deps: { sealer: Pick<Sealer, 'open'> }, order: Order): Promise<Link | undefined> {
  const { sealedDownloadUrl, sealedUnzipPassword } = order;
  if (sealedDownloadUrl === null || sealedUnzipPassword === null) return undefined;
  const context = { account: order.account, orderNo: order.orderNo };
  try {
    return {
      url: await deps.sealer.open(sealedDownloadUrl, { ...context, field: 'downloadUrl' }),
      password: await deps.sealer.open(sealedUnzipPassword, { ...context, field: 'unzipPassword' }),
      unconfirmed: true,
    };
  } catch (error) {
    if (error instanceof SealingError && error.kind === 'unknown-key') {
      throw new WaitError(`the callback's link of order ${order.orderNo} cannot be opened`, { cause: error });
    }
    if (error instanceof SealingError) return undefined;
    throw error;
  }
}
