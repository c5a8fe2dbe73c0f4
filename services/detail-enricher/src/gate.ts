import type { Health } from 'qcc-core/health';
import type { Log } from 'qcc-core/logs';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { nextShanghaiMidnight } from 'qcc-core/shanghai-time';

/**
 * Whether detail calls may be made at all, for every lane of the instance alike.
 *
 * A daily limit (codes 109, 116) closes it until the next Shanghai midnight; trouble with account, address or money
 * (101, 107, …) closes it until a person has seen to it, which a probe finds out. After either, one lookup at a time goes
 * through until QCC has answered one: a closed account must not be hammered (106 and 108 punish loops).
 */
export type Gate = Disposable & {
  /** How many lookups may be under way: any number, one as a probe, or none. */
  limit(): number;
  /** Why none may; null where some may. A detailReason. */
  closedFor(): 'GATE_CLOSED' | 'READ_ONLY' | null;
  /** Takes note of what QCC said. */
  note(outcome: QccOutcome<unknown>): void;
  /** Called whenever more may be under way than before. */
  onOpen(listener: () => void): void;
};

export const STOP_PAUSE_MS = 300_000;
/** QCC's clock and ours are not the same; asked too early, it would say no for another day. */
export const MIDNIGHT_GRACE_MS = 5_000;
/** What `/readyz` calls the gate. */
export const GATE_HEALTH_PART = 'details';

type State = { kind: 'open' } | { kind: 'probing' } | { kind: 'closed'; until: number } | { kind: 'read-only' };

/** Read-only, it never opens, and that is well. */
export function createGate(deps: {
  readOnly: boolean;
  now: () => number;
  health: Pick<Health, 'set'>;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}): Gate {
  const { now, health, log } = deps;
  const listeners: (() => void)[] = [];
  let state: State = deps.readOnly ? { kind: 'read-only' } : { kind: 'open' };
  let timer: NodeJS.Timeout | undefined;

  const change = (next: State): void => {
    state = next;
    if (next.kind !== 'closed') for (const listener of listeners) listener();
  };

  const close = (until: number): void => {
    if (state.kind === 'closed' && state.until >= until) return;
    clearTimeout(timer);
    timer = setTimeout(() => change({ kind: 'probing' }), until - now());
    change({ kind: 'closed', until });
  };

  const pause = (failure: QccFailure): void => {
    const until = nextShanghaiMidnight(now()) + MIDNIGHT_GRACE_MS;
    log.warn({ reason: failure.reason }, `no detail calls until ${new Date(until).toISOString()}: ${failure.message}`);
    close(until);
  };

  const stop = (failure: QccFailure): void => {
    health.set(GATE_HEALTH_PART, `QCC refuses detail calls and a person has to see to it: ${failure.message}`);
    log.error(
      { reason: failure.reason },
      `no detail calls, a person has to see to it, one probe in ${STOP_PAUSE_MS / 60_000} minutes: ${failure.message}`,
    );
    close(now() + STOP_PAUSE_MS);
  };

  return {
    limit() {
      if (state.kind === 'open') return Number.POSITIVE_INFINITY;
      return state.kind === 'probing' ? 1 : 0;
    },
    closedFor() {
      if (state.kind === 'read-only') return 'READ_ONLY';
      return state.kind === 'closed' ? 'GATE_CLOSED' : null;
    },
    note(outcome) {
      if (outcome.kind === 'pause') return pause(outcome);
      if (outcome.kind === 'stop') return stop(outcome);
      // Where QCC was not reached, the probe has proved nothing.
      const isAnswered = !('code' in outcome) || outcome.code !== null;
      if (state.kind !== 'probing' || !isAnswered) return;
      health.set(GATE_HEALTH_PART, null);
      log.info('QCC answers detail calls again');
      change({ kind: 'open' });
    },
    onOpen(listener) {
      listeners.push(listener);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
