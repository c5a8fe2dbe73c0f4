import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from 'qcc-core/logs';
import type { Metrics } from 'qcc-core/metrics';
import type { QccClient } from 'qcc-core/qcc/client';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import type { ReceivedOrder } from '../received-order.ts';
import { withDeadline } from '../with-deadline.ts';
import { planReconcile } from './plan-reconcile.ts';

export type ReconcileDeps = {
  account: string;
  listLatestOrderNo: QccClient['listLatestOrderNo'];
  /** Whether an order has an `extracted` fact. */
  settled: (orderNo: string) => boolean;
  /** When each order was last published, milliseconds since the epoch. Shared with the callback's side; a pass adds and forgets. */
  attempts: Map<string, number>;
  attemptTtlMs: number;
  /** Resolves once the order is durable. May reject, or never settle, while Kafka is away. */
  publish: (order: ReceivedOrder) => Promise<void>;
  publishTimeoutMs: number;
  /** Orders whose archive came by the callback's link alone; each is confirmed once QCC lists it. */
  unconfirmed?: { has: (orderNo: string) => boolean; confirm: (orderNo: string) => Promise<void> };
  now: () => number;
  signal: AbortSignal;
  log: Pick<Log, 'debug' | 'warn' | 'error'>;
  metrics: Pick<Metrics, 'reconcilePasses' | 'reconcileOrders' | 'ordersBeforeHorizon'>;
};

export type PassResult =
  | { kind: 'compared'; fetched: number; beforeHorizon: number }
  /** QCC did not list its orders. */
  | { kind: 'refused'; failure: QccFailure };

/** Within one pass; the next interval is the retry that counts. */
const LIST_RETRY = { attempts: 3 };

/**
 * One comparison of QCC's last thirty orders with what was extracted; publishes what is missing, the oldest first.
 * Publishing is at least once: an order that is on its way as well is published by the extractor only once.
 * @throws DeadlineError, what `publish` or `confirm` throw, and the signal's reason; the orders before stay published.
 */
export async function reconcileOnce(deps: ReconcileDeps): Promise<PassResult> {
  const { account, attempts, attemptTtlMs, log, metrics, now, signal, unconfirmed } = deps;
  const answer = await deps.listLatestOrderNo({ signal, retry: LIST_RETRY });
  if (answer.kind !== 'success' && answer.kind !== 'empty') return { kind: 'refused', failure: answer };

  const listed = answer.kind === 'success' ? answer.value : [];
  for (const [orderNo, publishedAt] of attempts) {
    if (now() - publishedAt >= attemptTtlMs) attempts.delete(orderNo);
  }
  const plan = planReconcile({ listed, settled: deps.settled, attempts, now: now(), attemptTtlMs });
  metrics.ordersBeforeHorizon.set(plan.beforeHorizon);

  const deadline = { timeoutMs: deps.publishTimeoutMs, signal };
  for (const { orderNo, createDate } of plan.toFetch) {
    const order: ReceivedOrder = {
      account,
      orderNo,
      source: 'reconcile',
      receivedAt: now(),
      createDate,
      downloadUrl: null,
      unzipPassword: null,
      downloadUrlExpiredTime: null,
    };
    await withDeadline(() => deps.publish(order), { what: `publishing order ${orderNo}`, ...deadline });
    attempts.set(orderNo, now());
    metrics.reconcileOrders.inc();
    log.warn({ orderNo, beforeHorizon: plan.beforeHorizon }, 'order without a live callback: fetched by reconcile');
  }
  for (const { orderNo } of unconfirmed ? listed : []) {
    if (!unconfirmed?.has(orderNo)) continue;
    await withDeadline(() => unconfirmed.confirm(orderNo), { what: `confirming order ${orderNo}`, ...deadline });
  }
  return { kind: 'compared', fetched: plan.toFetch.length, beforeHorizon: plan.beforeHorizon };
}

/**
 * Compares at once and then after every interval, until `signal` aborts; resolves then. Neither QCC's refusals nor an
 * outage of QCC or Kafka ends it: each is logged and counted, and the next interval tries again.
 */
export async function runReconcile(deps: ReconcileDeps & { intervalMs: number }): Promise<void> {
  const { log, metrics, signal } = deps;
  while (!signal.aborted) {
    try {
      const pass = await reconcileOnce(deps);
      metrics.reconcilePasses.inc({ outcome: pass.kind === 'compared' ? pass.kind : pass.failure.kind });
      if (pass.kind === 'compared') log.debug(pass, 'orders compared with QCC');
      else logRefusal(log, pass.failure);
    } catch (error) {
      if (signal.aborted) return;
      metrics.reconcilePasses.inc({ outcome: 'error' });
      log.error({ err: error }, 'reconcile failed: it waits for its next interval');
    }
    await sleep(deps.intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

function logRefusal(log: Pick<Log, 'warn' | 'error'>, failure: QccFailure): void {
  const needsPerson = failure.kind === 'stop' || failure.kind === 'pause';
  log[needsPerson ? 'error' : 'warn'](
    failure,
    needsPerson
      ? 'QCC refuses to list its orders: lost callbacks stay lost until the account is in order; see the status code'
      : 'QCC does not list its orders now: reconcile waits for its next interval',
  );
}
