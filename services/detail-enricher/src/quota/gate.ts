import { describeError } from 'qcc-core/base/errors';
import type { Health } from 'qcc-core/base/health';
import type { Log } from 'qcc-core/base/logs';
import type { DetailGate } from 'qcc-core/contract/domain';
import { closedUntil, STOP_PAUSE_MS } from 'qcc-core/qcc/closed-until';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import type { GateEntry } from 'qcc-details/quota/gate-entry';
import { type Closures, closureOf, NO_CLOSURES, readClosure } from './closure.ts';

/**
 * Whether QCC, and the person who pays, let detail calls be made, for all instances alike: what one finds out stands on
 * the topic `detail-gate`, and every instance reads it.
 *
 * A daily limit (codes 109, 116) closes it until the quota opens; trouble with account, address or money (101, 107, …)
 * closes it until a person has seen to it, which a probe finds out. After either, one lookup at a time of one instance
 * goes through until QCC has answered one: a closed account must not be hammered (106 and 108 punish loops). A person who
 * knows that it is over need not wait: `PROBE` on the topic (`npx qcc details open`) has that one lookup go through now.
 */
export type Gate = Disposable & {
  /** How many lookups of this instance may be under way: any number, one as a probe, or none. */
  limit(): number;
  /** Why none may; null where some may. A detailReason. */
  closedFor(): 'GATE_CLOSED' | 'NOT_CONFIRMED' | 'READ_ONLY' | null;
  /** Takes note of what QCC said: where it closes the gate, from now on here, and at once for the others. */
  note(outcome: QccOutcome<unknown>): void;
  /** Takes note of an entry of `detail-gate`, this instance's own included, in the order of the topic. */
  read(entry: DetailGate): void;
  /** To be called when the probe's turn of this instance has changed. */
  turnChanged(): void;
  /** Called whenever another number may be under way than before. */
  onChange(listener: () => void): void;
};

/** How long the instance whose turn it is has the probe to itself; longer than a call takes, as a rule. */
export const PROBE_TURN_MS = 10_000;
/** What `/readyz` calls the gate. */
export const GATE_HEALTH_PART = 'details';

/**
 * Open until something closes it, here or on the topic; where a person has to agree, closed until that was read. Disposing
 * it ends its timer. What cannot be published is logged, and holds here all the same.
 */
export function createGate(deps: {
  account: string;
  /** Names this instance on the topic; no other has the same. */
  instance: string;
  /** Never opens, and that is well. */
  readOnly: boolean;
  /** Whether a person has to agree (`CONSENT` on the topic) before the first call. */
  needsConsent: boolean;
  /** When QCC's daily limits open again, in minutes after Shanghai's midnight. */
  quotaOpensAt: number;
  /** Whose turn the probe is: 0 goes first, the others follow where nothing was heard. Infinity for who has no work. */
  probeTurn: () => number;
  /** Puts an entry onto the topic; kept in order. */
  publish: (entry: GateEntry) => Promise<void>;
  now: () => number;
  health: Pick<Health, 'set'>;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}): Gate {
  const { account, instance: by, now, health, log } = deps;
  const listeners: (() => void)[] = [];
  let closures: Closures = NO_CLOSURES;
  let isConfirmed = !deps.needsConsent;
  let timer: NodeJS.Timeout | undefined;
  let published: Promise<void> = Promise.resolve();

  /** When this instance may probe; null where nothing has to be probed. */
  const probeAt = (): number | null => {
    const closure = closureOf(closures);
    return closure && closure.until + deps.probeTurn() * PROBE_TURN_MS;
  };

  const limit = (): number => {
    if (deps.readOnly || !isConfirmed) return 0;
    const at = probeAt();
    if (at === null) return Number.POSITIVE_INFINITY;
    return now() >= at ? 1 : 0;
  };

  const changed = (): void => {
    clearTimeout(timer);
    const pauseMs = (probeAt() ?? 0) - now();
    if (pauseMs > 0 && Number.isFinite(pauseMs)) timer = setTimeout(changed, pauseMs);
    for (const listener of listeners) listener();
  };

  const publish = (entry: GateEntry): void => {
    published = published
      .then(() => deps.publish(entry))
      .catch((error) =>
        log.error(`the other instances do not know that the gate is ${entry.state}: ${describeError(error)}`),
      );
  };

  const close = (failure: QccFailure & { kind: 'pause' | 'stop' }, until: number): void => {
    const closure = closureOf(closures);
    if (closure && closure.until >= until) return;
    const since = now();
    closures = { ...closures, own: { until, since, by } };
    const { kind, reason, message } = failure;
    publish({ account, state: 'CLOSED', class: kind, reason, message, until, since, by });
    changed();
  };

  const pause = (failure: QccFailure & { kind: 'pause' }): void => {
    const until = closedUntil(failure.kind, { now: now(), quotaOpensAt: deps.quotaOpensAt });
    log.warn({ reason: failure.reason }, `no detail calls until ${iso(until)}: ${failure.message}`);
    close(failure, until);
  };

  const refusal = (message: string): string => `QCC refuses detail calls and a person has to see to it: ${message}`;

  const stop = (failure: QccFailure & { kind: 'stop' }): void => {
    health.set(GATE_HEALTH_PART, refusal(failure.message));
    log.error(
      { reason: failure.reason },
      `no detail calls, a person has to see to it, one probe in ${STOP_PAUSE_MS / 60_000} minutes: ${failure.message}`,
    );
    close(failure, closedUntil(failure.kind, { now: now(), quotaOpensAt: deps.quotaOpensAt }));
  };

  const readClosed = ({ class: kind, until, since, message, by: other }: DetailGate): void => {
    if (kind === 'stop') health.set(GATE_HEALTH_PART, refusal(message ?? ''));
    if (other === by || (until ?? 0) <= now()) return;
    // After a start the topic is read from its beginning: what it says may be over by the next entry.
    log.warn(`no detail calls until ${iso(until ?? 0)}, as ${other} found out at ${iso(since)}: ${message}`);
  };

  return {
    limit,
    closedFor() {
      if (deps.readOnly) return 'READ_ONLY';
      if (!isConfirmed) return 'NOT_CONFIRMED';
      return limit() === 0 ? 'GATE_CLOSED' : null;
    },
    note(outcome) {
      if (isOf(outcome, 'pause')) return pause(outcome);
      if (isOf(outcome, 'stop')) return stop(outcome);
      // Where QCC was not reached, the probe has proved nothing.
      const isAnswered = !('code' in outcome) || outcome.code !== null;
      if (limit() !== 1 || !isAnswered) return;
      health.set(GATE_HEALTH_PART, null);
      log.info('QCC answers detail calls again');
      closures = NO_CLOSURES;
      publish({ account, state: 'OPEN', since: now(), by });
      changed();
    },
    read(entry) {
      if (entry.account !== account) return;
      closures = readClosure(closures, entry);
      if (entry.state === 'CLOSED') readClosed(entry);
      if (entry.state === 'OPEN' && closureOf(closures) === null) health.set(GATE_HEALTH_PART, null);
      if (entry.state === 'CONSENT') isConfirmed = true;
      if (entry.state === 'PROBE')
        log.info(`one detail call goes to QCC now, as ${entry.by} asked for at ${iso(entry.since)}`);
      changed();
    },
    turnChanged: changed,
    onChange(listener) {
      listeners.push(listener);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

const isOf = <Kind extends QccFailure['kind']>(
  outcome: QccOutcome<unknown>,
  kind: Kind,
): outcome is QccFailure & { kind: Kind } => outcome.kind === kind;

const iso = (at: number): string => new Date(at).toISOString();
