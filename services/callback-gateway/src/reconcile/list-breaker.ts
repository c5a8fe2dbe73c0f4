import { once } from 'node:events';
import type { Health } from 'qcc-core/base/health';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { type CallBreaker, createCallBreaker } from 'qcc-core/qcc/call-breaker';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { ABUSE_CODES, outcomeLabel } from 'qcc-core/qcc/status';

/** Whether QCC may be asked for its list of orders. */
export type ListBreaker = Pick<CallBreaker, 'trippedBy' | 'trippedUntil' | 'note' | 'reset'> & {
  /** Takes note of the response to an activation. Only codes that concern all calls of the account block the list: 106, 108, 116. */
  noteActivation(outcome: QccOutcome<unknown>): void;
  /** Resolves when a person resets the breaker, or when the signal aborts. */
  untilReset(signal: AbortSignal): Promise<void>;
};

/** 109 may be a limit of the one interface: the list, asked next, gets its own answer. 116 is the limit of all calls. */
const OF_ALL_CALLS: readonly string[] = [...ABUSE_CODES, '116'];

/** The line of `/readyz`. Callbacks are accepted all the same, so the gateway stays ready. */
const PART = 'list of orders';

/**
 * After a daily limit (109, 116) QCC is left alone until its quota opens, the next day in Shanghai. After 106 or 108 it is left alone
 * until a person has acted, and after the other codes that need a person for five minutes. The log, `/readyz` and
 * `qcc_list_blocked` say so for as long as it lasts. The trip is in memory: after a restart, or as a new leader, the gateway asks QCC
 * once more.
 */
export function createListBreaker(deps: {
  quotaOpensAt: number;
  now: () => number;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  health: Pick<Health, 'note'>;
  metrics: Pick<Metrics, 'listBlocked'>;
}): ListBreaker {
  const { log, health, metrics } = deps;
  const breaker = createCallBreaker({ ...deps, blocksUntilReset: true });
  let reset = Promise.withResolvers<void>();

  const show = (trip: { failure: QccFailure; ends: string } | null): void => {
    metrics.listBlocked.reset();
    if (trip) metrics.listBlocked.set({ reason: outcomeLabel(trip.failure.reason) }, 1);
    health.note(PART, trip && `QCC is not asked for its list of orders ${trip.ends}: ${trip.failure.message}`);
  };

  const trip = (outcome: QccFailure, refused: string): void => {
    breaker.note(outcome);
    const until = breaker.trippedUntil() ?? deps.now();
    const ends = Number.isFinite(until)
      ? `until ${new Date(until).toISOString()}`
      : 'until a person has put the account in order and run `npx qcc details open`';
    log.error(
      { reason: outcome.reason },
      `QCC refuses to ${refused}, so orders with a lost callback are not found. The gateway does not ask again ${ends}: ${outcome.message}`,
    );
    show({ failure: outcome, ends });
  };

  const note = (outcome: QccOutcome<unknown>): void => {
    // If QCC was not reached, nothing is known.
    const hasResponded = !('code' in outcome) || outcome.code !== null;
    if (outcome.kind === 'pause' || outcome.kind === 'stop') trip(outcome, 'list its orders');
    else if (hasResponded) show(null);
  };

  const noteActivation = (outcome: QccOutcome<unknown>): void => {
    if ('code' in outcome && outcome.code !== null && OF_ALL_CALLS.includes(outcome.code))
      trip(outcome, 'activate the callback');
  };

  return {
    ...breaker,
    note,
    noteActivation,
    reset() {
      if (!breaker.trippedBy()) return;
      breaker.reset();
      show(null);
      log.info('a person says that the account is in order: QCC is asked for its list of orders again');
      reset.resolve();
      reset = Promise.withResolvers();
    },
    async untilReset(signal) {
      if (signal.aborted) return;
      await Promise.race([reset.promise, once(signal, 'abort')]);
    },
  };
}
