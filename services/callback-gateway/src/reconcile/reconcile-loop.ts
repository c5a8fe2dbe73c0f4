import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { orderAttributes } from 'qcc-core/base/tracing/span-attributes';
import { inSpan } from 'qcc-core/base/tracing/spans';
import { withDeadline } from 'qcc-core/base/with-deadline';
import type { Gap } from 'qcc-core/kafka/messages/coverage-fact';
import type { QccClient } from 'qcc-core/qcc/client';
import { EMPTY_LIST } from 'qcc-core/qcc/endpoints/list-latest-order-no';
import type { QccFailure } from 'qcc-core/qcc/outcome';
import type { CoverageLog } from '../coverage/coverage-log.ts';
import { planCoverage } from '../coverage/plan-coverage.ts';
import { ordersOfRows } from '../coverage/unnamed-orders.ts';
import { noteAttempt, type OrderAttempts } from '../order-attempts.ts';
import type { ReceivedOrder } from '../to-order-message.ts';
import type { Activations } from './activations.ts';
import type { Leadership } from './elect-leader.ts';
import type { ListBreaker } from './list-breaker.ts';
import { nextPollAt, nextPollWhileBlocked } from './next-poll.ts';
import { planReconcile } from './plan-reconcile.ts';
import type { CallbackSigns } from './reactivate.ts';

export type ReconcileDeps = {
  account: string;
  listLatestOrderNo: QccClient['listLatestOrderNo'];
  breaker: ListBreaker;
  /** Whether an order is published whole and confirmed, by `order-state`. */
  isDone: (orderNo: string) => boolean;
  /** How often in a row an order failed through its own fault. */
  failures: (orderNo: string) => number;
  /** Shared with the callback's side. */
  attempts: OrderAttempts;
  attemptTtlMs: number;
  /** How long a new order is left to its callback. */
  patienceMs: number;
  /** Resolves once the order is durable. May reject, or never settle, while Kafka is away. */
  publish: (order: ReceivedOrder) => Promise<void>;
  publishTimeoutMs: number;
  coverage: CoverageLog;
  /** Shanghai hours at which push windows begin. */
  pushWindows: readonly number[];
  /** After the end of a push window. */
  graceMs: number;
  /** Resolves to whether a paused callback was activated. */
  reactivate: (signs: CallbackSigns) => Promise<boolean>;
  now: () => number;
  signal: AbortSignal;
  leadership: Pick<Leadership, 'isOurs'>;
  log: Pick<Log, 'debug' | 'info' | 'warn' | 'error'>;
  metrics: Pick<Metrics, 'reconcilePasses' | 'reconcileOrders' | 'ordersBeforeHorizon' | 'openGaps' | 'listOddities'>;
};

export type PassResult =
  | { kind: 'compared'; fetched: number; beforeHorizon: number; someAreYoung: boolean; activated: boolean }
  /** QCC did not list its orders. */
  | { kind: 'refused'; failure: QccFailure }
  /** QCC was not asked, because of an earlier refusal. */
  | { kind: 'blocked'; failure: QccFailure };

/** Within one pass; the next one is the retry that counts. */
const LIST_RETRY = { attempts: 3 };
/** Rows of one list that are logged. */
const MOST_LINES = 10;

/**
 * One comparison of QCC's last thirty orders with the orders that are done: publishes the missing ones, the oldest first,
 * records what the list says about the push windows, and activates a callback that seems to be paused. A second pass at
 * the same time changes nothing: the extractor publishes an order once, and the same fact replaces itself.
 * @throws DeadlineError, what `publish` or the coverage throw, and the signal's reason; what was done stays.
 */
export async function reconcileOnce(deps: ReconcileDeps): Promise<PassResult> {
  const { account, attempts, log, metrics, now, signal } = deps;
  // A pass may still run when the leadership has ended. Then the gauges are those of another instance.
  const show = (gauge: 'ordersBeforeHorizon' | 'openGaps', value: number): void => {
    if (deps.leadership.isOurs()) metrics[gauge].set(value);
  };
  const durable = <Result>(what: string, work: (signal: AbortSignal) => Promise<Result>) =>
    withDeadline(work, { what, timeoutMs: deps.publishTimeoutMs, signal });

  const blockedBy = deps.breaker.trippedBy();
  if (blockedBy) return { kind: 'blocked', failure: blockedBy };
  const state = await durable('reading the coverage', deps.coverage.read);
  const at = now();
  const response = await deps.listLatestOrderNo({ signal, retry: LIST_RETRY });
  deps.breaker.note(response);
  if (response.kind !== 'success' && response.kind !== 'empty') return { kind: 'refused', failure: response };

  const { orders: listed, unnamed, unread } = response.kind === 'success' ? response.value : EMPTY_LIST;
  for (const { why } of unnamed) metrics.listOddities.inc({ oddity: why });
  metrics.listOddities.inc({ oddity: 'no_date' }, listed.filter(({ createDate }) => createDate === null).length);
  if (unread > 0) {
    metrics.listOddities.inc({ oddity: 'too_many_rows' });
    log.warn(
      { unread },
      'QCC lists more orders than the pipeline reads: it reads the first ones only, and its document says thirty',
    );
  }
  const known = ordersOfRows({ account, listed, unnamed, state, at });
  const plan = planReconcile({
    ...deps,
    // An order that has lost its number on the list is fetched by the number that an earlier list gave.
    listed: [...listed, ...known.values()],
    unnamed: unnamed.filter((row) => !known.has(row)),
    attempts: attempts.at,
    now: now(),
  });
  show('ordersBeforeHorizon', plan.beforeHorizon);

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
    const attributes = { ...orderAttributes(order), source: order.source };
    await inSpan({ name: 'reconcile order', attributes, parent: null }, () =>
      durable(`publishing order ${orderNo}`, () => deps.publish(order)),
    );
    noteAttempt(attempts, order, now());
    if (!plan.lost.has(orderNo))
      log.warn({ orderNo }, 'order published some time ago is not extracted and confirmed: published again');
    else {
      metrics.reconcileOrders.inc();
      log.warn(
        { orderNo, beforeHorizon: plan.beforeHorizon },
        'callbacks are being lost: reconcile fetches an order that had none',
      );
    }
  }

  const facts = planCoverage({ ...deps, listed, unnamed, unread, state, at });
  await durable('recording the coverage', () => deps.coverage.record(facts));
  const gaps = facts.filter((fact) => fact.kind === 'GAP');
  const closed = facts.filter((fact) => fact.kind === 'GAP_CLOSED');
  show('openGaps', state.openGaps.length + gaps.length - closed.length);
  logGaps(log, gaps);
  if (known.size > 0)
    log.warn(
      {
        count: known.size,
        rows: [...known].slice(0, MOST_LINES).map(([{ row }, { orderNo }]) => ({ row, orderNo })),
      },
      'QCC lists orders without a usable number; they match orders of earlier lists, so no gap is recorded',
    );
  for (const { gap } of closed) log.info({ gap }, 'QCC lists the order by its number now: the gap is closed');
  const activated = await deps.reactivate({
    lost: plan.lost.size,
    lastCallbackAt: attempts.lastCallbackAt,
    activatedAt: state.activations.map((activation) => activation.at),
  });
  const { toFetch, beforeHorizon, someAreYoung } = plan;
  return { kind: 'compared', fetched: toFetch.length, beforeHorizon, someAreYoung, activated };
}

/** A list has at most a hundred rows that are gaps. The topic has all of them. */
function logGaps(log: Pick<Log, 'error'>, gaps: readonly Gap[]): void {
  for (const { gap, after, before, reason } of gaps.slice(0, MOST_LINES)) {
    if (reason)
      log.error(
        { gap, after, before, reason },
        'QCC lists an order without a usable number: nobody can fetch it, and its push window stays open. Ask QCC for the number; the gap ends when the list has it, or with `npx qcc coverage close`',
      );
    else
      log.error(
        { gap, after, before },
        'orders may have left the list of thirty unseen: a person has to decide about it',
      );
  }
  if (gaps.length > MOST_LINES)
    log.error({ count: gaps.length }, 'QCC lists more orders without a usable number: `coverage_gaps` has all of them');
}

/**
 * Compares as soon as this instance is the leader, then at the times of `nextPollAt`, and at once after any activation or reset of the
 * breaker. Resolves when `signal` aborts. While a refusal blocks the list, QCC is not asked. Neither QCC's refusals nor an outage of QCC or
 * Kafka ends the loop: each is logged and counted, and the next pass tries again.
 */
export async function runReconcile(
  deps: ReconcileDeps & { leadership: Leadership; activations: Pick<Activations, 'after'>; intervalMs: number },
): Promise<void> {
  const { log, metrics, now, signal, leadership } = deps;
  while (true) {
    await leadership.ours(signal);
    if (signal.aborted) return;
    const lastPollAt = now();
    let next = nextPollAt({ ...deps, lastPollAt });
    try {
      const pass = await reconcileOnce(deps);
      metrics.reconcilePasses.inc({ outcome: pass.kind === 'refused' ? pass.failure.kind : pass.kind });
      if (pass.kind === 'compared') log.debug(pass, 'orders compared with QCC');
      else if (pass.kind === 'blocked')
        log.warn(pass.failure, 'QCC is not asked for its list of orders, because of what it answered before');
      else if (pass.failure.kind !== 'stop' && pass.failure.kind !== 'pause')
        log.warn(pass.failure, 'QCC does not list its orders now: reconcile tries again at its next time');
      // Orders of the time while it was paused are never called for.
      if (pass.kind === 'compared' && pass.activated) continue;
      const opensAt = deps.breaker.trippedUntil();
      if (pass.kind !== 'compared' && opensAt !== undefined)
        next = nextPollWhileBlocked(next, { kind: pass.failure.kind, opensAt });
      if (pass.kind === 'compared' && pass.someAreYoung) next = Math.min(next, now() + deps.patienceMs);
    } catch (error) {
      if (signal.aborted) return;
      metrics.reconcilePasses.inc({ outcome: 'error' });
      log.error({ err: error }, 'reconcile failed: it tries again at its next time');
    }
    const waking = new AbortController();
    const awake = AbortSignal.any([signal, waking.signal]);
    await Promise.race([
      sleep(Math.max(0, next - now()), undefined, { signal: awake }).catch(() => undefined),
      deps.activations.after(lastPollAt, awake),
      deps.breaker.untilReset(awake),
    ]);
    waking.abort();
  }
}
