import { describeError } from 'qcc-core/base/errors';
import type { Health } from 'qcc-core/base/health';
import type { Log } from 'qcc-core/base/logs';
import type { DetailGate } from 'qcc-core/contract/domain';
import type { BreakerEntry } from 'qcc-core/kafka/messages/detail-gate';
import type { QccFailure, QccOutcome } from 'qcc-core/qcc/outcome';
import { STOP_PAUSE_MS, trippedUntil } from 'qcc-core/qcc/tripped-until';

/**
 * Stops detail calls that QCC, or the person who pays, does not allow. All instances share one breaker: each publishes its
 * findings on the topic `detail-gate`, and every instance reads them.
 *
 * A daily limit (codes 109, 116) trips it until the quota opens. Trouble with account, address or money (101, 107, …) trips it
 * until a person has solved it. After either, one instance makes one lookup at a time as a probe, until QCC has answered one:
 * a blocked account must not be hammered (106 and 108 punish loops). A person who knows that the trouble is over need not
 * wait: `PROBE` on the topic (`npx qcc details open`) starts the probe at once.
 *
 * On the topic, OPEN means that calls may be made and CLOSED that they may not, like the states of a gate. The usual words for
 * a circuit breaker are the other way round, so the code says tripped and blocked.
 */
export type CircuitBreaker = Disposable & {
  /** How many lookups of this instance may be in progress: any number, one as a probe, or none. */
  limit(): number;
  /** Why no call may be made, as a detailReason; null if calls may be made. */
  blockedBy(): 'GATE_CLOSED' | 'NOT_CONFIRMED' | 'READ_ONLY' | null;
  /** Evaluates an outcome of a call. If it trips the breaker, that holds here at once and is published for the others. */
  note(outcome: QccOutcome<unknown>): void;
  /** Reads an entry of `detail-gate`, also this instance's own ones, in the order of the topic. */
  read(entry: DetailGate): void;
  /** To be called when this instance's turn to probe has changed. */
  turnChanged(): void;
  /** Calls the listener whenever another number of lookups may be in progress than before. */
  onChange(listener: () => void): void;
};

/** How long an instance has to probe before the next one may. Most calls take less. */
export const PROBE_TURN_MS = 10_000;
/** The breaker's name on `/readyz`. */
export const BREAKER_HEALTH_PART = 'details';

/**
 * Allows calls until something trips it, here or on the topic. If a person has to agree, it blocks calls until it has read
 * that. If publishing fails, the error is logged and the entry still holds here. Disposing it ends its timer.
 */
export function createCircuitBreaker(deps: {
  account: string;
  /** The unique name of this instance on the topic. */
  instance: string;
  /** Blocks all calls, and is healthy. */
  readOnly: boolean;
  /** Whether a person has to agree (`CONSENT` on the topic) before the first call. */
  needsConsent: boolean;
  /** When QCC's daily limits open again, in minutes after Shanghai's midnight. */
  quotaOpensAt: number;
  /** The order in which instances probe: 0 is first, the others follow if they hear nothing. Infinity without work. */
  probeTurn: () => number;
  /** Publishes an entry. Entries stay in order. */
  publish: (entry: BreakerEntry) => Promise<void>;
  now: () => number;
  health: Pick<Health, 'set'>;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}): CircuitBreaker {
  const { account, instance: by, now, health, log } = deps;
  const listeners: (() => void)[] = [];
  let trips: Trips = NO_TRIPS;
  let isConfirmed = !deps.needsConsent;
  let timer: NodeJS.Timeout | undefined;
  let published: Promise<void> = Promise.resolve();

  /** When this instance may probe; null if no probe is needed. */
  const probeAt = (): number | null => {
    const active = activeTrip(trips);
    return active && active.until + deps.probeTurn() * PROBE_TURN_MS;
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

  const publish = (entry: BreakerEntry): void => {
    published = published
      .then(() => deps.publish(entry))
      .catch((error) =>
        log.error(`the other instances do not know that detail-gate is ${entry.state}: ${describeError(error)}`),
      );
  };

  const trip = (failure: QccFailure & { kind: 'pause' | 'stop' }, until: number): void => {
    if ((activeTrip(trips)?.until ?? 0) >= until) return;
    const since = now();
    trips = { ...trips, own: { until, since, by } };
    const { kind, reason, message } = failure;
    publish({ account, state: 'CLOSED', class: kind, reason, message, until, since, by });
    changed();
  };

  const pause = (failure: QccFailure & { kind: 'pause' }): void => {
    const until = trippedUntil(failure.kind, { now: now(), quotaOpensAt: deps.quotaOpensAt });
    log.warn({ reason: failure.reason }, `no detail calls until ${iso(until)}: ${failure.message}`);
    trip(failure, until);
  };

  const refusal = (message: string): string => `QCC refuses detail calls and a person has to see to it: ${message}`;

  const stop = (failure: QccFailure & { kind: 'stop' }): void => {
    health.set(BREAKER_HEALTH_PART, refusal(failure.message));
    log.error(
      { reason: failure.reason },
      `no detail calls, a person has to see to it, one probe in ${STOP_PAUSE_MS / 60_000} minutes: ${failure.message}`,
    );
    trip(failure, trippedUntil(failure.kind, { now: now(), quotaOpensAt: deps.quotaOpensAt }));
  };

  const reportTrip = ({ class: kind, until, since, message, by: other }: DetailGate): void => {
    if (kind === 'stop') health.set(BREAKER_HEALTH_PART, refusal(message ?? ''));
    if (other === by || (until ?? 0) <= now()) return;
    // After a start the topic is read from its beginning, and the next entry may already end this block.
    log.warn(`no detail calls until ${iso(until ?? 0)}, as ${other} found out at ${iso(since)}: ${message}`);
  };

  return {
    limit,
    blockedBy() {
      if (deps.readOnly) return 'READ_ONLY';
      if (!isConfirmed) return 'NOT_CONFIRMED';
      return limit() === 0 ? 'GATE_CLOSED' : null;
    },
    note(outcome) {
      if (isOf(outcome, 'pause')) return pause(outcome);
      if (isOf(outcome, 'stop')) return stop(outcome);
      // If QCC was not reached, the probe has proved nothing.
      const hasResponded = !('code' in outcome) || outcome.code !== null;
      if (limit() !== 1 || !hasResponded) return;
      health.set(BREAKER_HEALTH_PART, null);
      log.info('QCC answers detail calls again');
      trips = NO_TRIPS;
      publish({ account, state: 'OPEN', since: now(), by });
      changed();
    },
    read(entry) {
      if (entry.account !== account) return;
      trips = readTrip(trips, entry);
      if (entry.state === 'CLOSED') reportTrip(entry);
      if (entry.state === 'OPEN' && activeTrip(trips) === null) health.set(BREAKER_HEALTH_PART, null);
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

/** A period without detail calls, as one instance found it out; `until` is in milliseconds since the epoch. */
export type Trip = Pick<DetailGate, 'since' | 'by'> & { until: number };

/** The trips that one instance knows. */
export type Trips = {
  /** As the topic has it, read in its order. */
  known: Trip | null;
  /** Found out by this instance and not read back yet. It holds from QCC's response on, before it is on the topic. */
  own: Trip | null;
};

export const NO_TRIPS: Trips = { known: null, own: null };

/** The trips after an entry of the topic. Of two trips, the longer counts. OPEN ends the known trip. PROBE lets it end at once. */
export function readTrip({ known, own }: Trips, entry: DetailGate): Trips {
  switch (entry.state) {
    case 'CLOSED': {
      const read: Trip = { until: entry.until ?? 0, since: entry.since, by: entry.by };
      const isOwn = own?.by === read.by && own.since === read.since;
      return { known: longer(known, read), own: isOwn ? null : own };
    }
    case 'OPEN':
      return { known: null, own };
    case 'PROBE':
      return { known: { until: entry.since, since: entry.since, by: entry.by }, own };
    default:
      return { known, own };
  }
}

/** The trip that counts; null if calls are allowed. */
export const activeTrip = ({ known, own }: Trips): Trip | null => longer(known, own);

const longer = (one: Trip | null, other: Trip | null): Trip | null =>
  one && (!other || one.until >= other.until) ? one : other;
