import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { Activated } from 'qcc-core/kafka/messages/coverage-fact';
import type { QccClient } from 'qcc-core/qcc/client';
import { outcomeLabel } from 'qcc-core/qcc/status';
import type { ListBreaker } from './list-breaker.ts';
import { type ActivationPlan, planActivation } from './plan-activation.ts';

export type ReactivateDeps = {
  account: string;
  activeCallbackUrl: QccClient['activeCallbackUrl'];
  breaker: Pick<ListBreaker, 'trippedBy' | 'noteActivation'>;
  /** Resolves once the facts are durable. */
  record: (facts: readonly Activated[]) => Promise<void>;
  readOnly: boolean;
  dailyLimit: number;
  minIntervalMs: number;
  now: () => number;
  signal: AbortSignal;
  log: Pick<Log, 'warn' | 'error'>;
  metrics: Pick<Metrics, 'activations'>;
};

/** What one pass of reconcile has found out about QCC's calls. */
export type CallbackSigns = {
  /** Orders that QCC lists and never called for, found in this pass. */
  lost: number;
  /** When QCC last called any instance, milliseconds since the epoch. */
  lastCallbackAt: number;
  /** When the callback was activated before, milliseconds since the epoch. */
  activatedAt: readonly number[];
};

const REASON = 'ORDERS_WITHOUT_CALLBACK';

const HOLD_ADVICE: Readonly<Record<Exclude<ActivationPlan, 'activate'>, string>> = {
  blocked: 'QCC refuses calls: see `qcc_list_blocked`; a later pass tries again',
  'read-only': 'QCC_READ_ONLY forbids to activate it',
  'too-soon': 'it was activated a short while ago: the next pass tries again',
  'daily-limit':
    'ACTIVATION_DAILY_LIMIT is reached: see why callbacks fail, then run `npx qcc callback activate`; reconcile goes on fetching',
};

/**
 * Activates the callback after QCC has stopped calling (five errors in a row, document 6.2.2). Orders without a callback are the sign.
 * If the callback cannot be activated at once, the sign is remembered until it can, or until QCC calls.
 * @returns a function to call in each pass. It resolves to whether it has activated the callback.
 */
export function createReactivation(deps: ReactivateDeps): (signs: CallbackSigns) => Promise<boolean> {
  const { log, metrics, now } = deps;
  let pausedSince: number | null = null;

  return async function reactivate({ lost, lastCallbackAt, activatedAt }) {
    if (lost > 0) pausedSince = now();
    if (pausedSince === null || lastCallbackAt > pausedSince) {
      pausedSince = null;
      return false;
    }
    const plan = planActivation({
      ...deps,
      now: now(),
      activatedAt,
      isBlocked: deps.breaker.trippedBy() !== undefined,
    });
    if (plan !== 'activate') {
      log.warn({ why: plan }, `the callback seems to be paused: ${HOLD_ADVICE[plan]}`);
      return false;
    }
    const fact = { kind: 'ACTIVATED', account: deps.account, at: now(), reason: REASON } as const;
    // Stated before the call as well: one that a crash cuts off counts against the limit.
    await deps.record([{ ...fact, result: 'STARTED' }]);
    const outcome = await deps.activeCallbackUrl({ signal: deps.signal });
    deps.breaker.noteActivation(outcome);
    const active = outcome.kind === 'success' || outcome.kind === 'empty';
    const result = outcome.kind === 'success' ? 'QCC_200' : outcome.kind === 'empty' ? 'QCC_201' : outcome.reason;
    metrics.activations.inc({ outcome: outcomeLabel(result) });
    if (active) {
      pausedSince = null;
      log.warn({ result }, 'the callback seemed to be paused: activated again');
    } else log.error({ failure: outcome }, 'the callback seems to be paused, and QCC did not activate it');
    await deps.record([{ ...fact, result }]).catch((error: unknown) => {
      log.error(`the result of the activation is not recorded, only that it began: ${describeError(error)}`);
    });
    return active;
  };
}
