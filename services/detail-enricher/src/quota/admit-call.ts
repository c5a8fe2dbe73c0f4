import type { Metrics } from 'qcc-core/base/metrics';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { InstanceQuota } from './instance-quota.ts';
import { RateLimit } from './limits.ts';
import type { Charge } from './quota-counter.ts';

export const BLOCK_REASONS = ['READ_ONLY', 'NOT_CONFIRMED', 'GATE_CLOSED', 'BUDGET_SPENT'] as const;
/** A detailReason: why no call may be made. */
export type BlockReason = (typeof BLOCK_REASONS)[number];

/** The circuit breaker, the budget or the rate did not allow the call. */
export class CallNotAdmittedError extends Error {
  override readonly name = 'CallNotAdmittedError';
  constructor() {
    super('no detail call may be made');
  }
}

/** Decides whether and when a call may start: the circuit breaker, the daily budget and the rate must allow it. */
export type CallAdmission = {
  /** How many lookups may be in progress: any number, one as a probe, or none. */
  limit(): number;
  /** Why no call may be made; null if calls may be made. */
  blockedBy(): BlockReason | null;
  /** Calls the listener whenever more lookups may be in progress than before, and at other times. */
  onUnblocked(listener: () => void): void;
  /**
   * Every call of a detail endpoint waits for this, further pages included. Resolves when the budget has paid for the call
   * and the rate allows it (`RateLimit`).
   * @throws CallNotAdmittedError if no call may be made by then.
   */
  admit(): Promise<void>;
  /** Counts an admitted call, when its response is known. */
  note(call: { endpoint: string; reason: string }): void;
};

/** Of the limiters on npm, bottleneck was tried: its timers allowed about 400 calls a second here, at any rate. */
export function createCallAdmission(deps: {
  breaker: Pick<CircuitBreaker, 'limit' | 'blockedBy' | 'onChange' | 'turnChanged'>;
  quota: Pick<InstanceQuota, 'isSpent' | 'charge' | 'heldSince' | 'onChange'>;
  /** Of all instances together. */
  ratePerSecond: number;
  /** Of the topic `records`. */
  partitions: number;
  /** Milliseconds of a clock that is never put back. */
  uptime: () => number;
  metrics: Pick<Metrics, 'detailGate'>;
}): CallAdmission {
  const { breaker, quota, uptime, metrics } = deps;
  const rateLimit = new RateLimit(deps);
  const listeners: (() => void)[] = [];
  /** Which of them has returned is not known and does not matter, because any partition may pay for any call. */
  const inProgress: Charge[] = [];
  let turn = Promise.resolve(true);

  const blockedBy = (): BlockReason | null => breaker.blockedBy() ?? (quota.isSpent() ? 'BUDGET_SPENT' : null);

  breaker.onChange(() => {
    const blocked = blockedBy();
    for (const reason of BLOCK_REASONS) metrics.detailGate.set({ reason }, reason === blocked ? 1 : 0);
    for (const listener of listeners) listener();
  });
  // The partitions that are held decide whose turn a probe is, so the breaker looks again and tells its listeners.
  quota.onChange(breaker.turnChanged);

  /** False if no partition is held any more. */
  const awaitTurn = async (askedAt: number): Promise<boolean> => {
    for (;;) {
      const pauseMs = rateLimit.tryStart({ askedAt, heldSince: quota.heldSince(), now: uptime() });
      if (pauseMs <= 0) return true;
      if (pauseMs === Number.POSITIVE_INFINITY) return false;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };

  /** One call after the other: if one starts late, the next ones take that into account. */
  const awaitRate = (): Promise<boolean> => {
    const askedAt = uptime();
    turn = turn.then(() => awaitTurn(askedAt));
    return turn;
  };

  return {
    blockedBy,
    limit: () => (blockedBy() === null ? breaker.limit() : 0),
    onUnblocked(listener) {
      listeners.push(listener);
    },
    async admit() {
      if (blockedBy() !== null) throw new CallNotAdmittedError();
      const charge = await quota.charge();
      if (!charge) throw new CallNotAdmittedError();
      const mayStart = await awaitRate();
      // The last call that the budget paid for finds the budget spent, and may be made nevertheless.
      const blocked = blockedBy();
      if (!mayStart || (blocked !== null && blocked !== 'BUDGET_SPENT')) {
        charge.cancel();
        throw new CallNotAdmittedError();
      }
      inProgress.push(charge);
    },
    note({ endpoint, reason }) {
      inProgress.shift()?.end({ endpoint, code: reason });
    },
  };
}
