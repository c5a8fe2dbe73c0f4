import type { DeliveryOutcome } from 'qcc-alerts/message/judge-response';
import { type AlertMessage, messageId, planMessage, type WaitingAlert } from 'qcc-alerts/message/plan-message';
import { backoffMs } from 'qcc-core/base/backoff';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';

/** Pauses between attempts, ms; they double. Each is up to a quarter shorter, so that several targets are not tried at once. */
const BACKOFF = { first: 1_000, most: 300_000 } as const;
/** How long a loop waits at most before it looks again, ms: the clock may have been set forward. */
const LONGEST_WAIT_MS = 60_000;

/** What is on its way, as `alert-state` has it. */
export type InFlight = { message: Omit<AlertMessage, 'alerts'>; alerts: readonly WaitingAlert[] };

/** What a target's loop writes. Each call is one transaction, and rejects once the lane is lost. */
export type DeliveryLog = {
  /** Written before a message is sent, so that it is sent again with the same id and content after a crash. */
  begin(inFlight: InFlight): Promise<void>;
  /** The alerts are done: they were delivered or erased, or a dead letter holds them. */
  finish(inFlight: InFlight, deadLetter: { reason: string } | null): Promise<void>;
};

export type TargetQueue = {
  /** Adds an alert, in the order in which alerts were decided. */
  add(alert: WaitingAlert): void;
  /** Removes alerts that nobody may get any more. */
  remove(keys: readonly string[]): void;
  /** Sends until the signal aborts. Rejects if a transaction fails. */
  run(inFlight: InFlight | undefined): Promise<void>;
};

/**
 * The queue of one target. One message is on its way at a time, so alerts of a company arrive in the order of its changes, and no other
 * target waits for this one. It waits for its turn first and then decides what to send, so alerts that arrive in the meantime are in the
 * digest. No attempt contains an erased alert: a message that is sent again keeps its id but lacks the alert.
 */
export function createTargetQueue(deps: {
  target: string;
  send: (message: AlertMessage) => Promise<DeliveryOutcome>;
  isErased: (alert: WaitingAlert) => boolean;
  deliveries: DeliveryLog;
  pauseMs: number;
  giveUpMs: number;
  now: () => number;
  /** Measures pauses, so that no step of the clock makes one shorter than the limit of the target allows. */
  monotonicNow: () => number;
  /** Resolves at the end of the time, and rejects when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  random: () => number;
  signal: AbortSignal;
  log: Pick<Log, 'warn' | 'error' | 'info'>;
  metrics: Pick<Metrics, 'alertMessages' | 'alertsWaiting' | 'alertTargetDown'>;
}): TargetQueue {
  const { target, deliveries, isErased, now, monotonicNow, sleep, signal, log, metrics } = deps;
  const waiting = new Map<string, WaitingAlert>();
  // A restart does not shorten the pause, because the last message may have been sent a moment before it.
  let pause = { since: monotonicNow(), ms: deps.pauseMs };
  let wake = new AbortController();

  const withoutErased = (alerts: readonly WaitingAlert[]) => alerts.filter((alert) => !isErased(alert));
  // After the abort another instance sends, and shows its own numbers.
  const show = () => {
    if (!signal.aborted) metrics.alertsWaiting.set({ target }, waiting.size);
  };
  const showFailing = (seconds: number) => {
    if (!signal.aborted) metrics.alertTargetDown.set({ target }, seconds);
  };
  const remove = (keys: readonly string[]): void => {
    for (const key of keys) waiting.delete(key);
    show();
  };
  const endPause = async (): Promise<void> => {
    const ms = pause.ms - (monotonicNow() - pause.since);
    if (ms > 0) await sleep(ms, signal);
  };

  const nextMessage = async (): Promise<InFlight> => {
    for (;;) {
      await endPause();
      const plan = planMessage(withoutErased([...waiting.values()]), now());
      if (plan.kind === 'send') {
        const { alerts, isDigest } = plan;
        const id = messageId(
          target,
          alerts.map(({ alert }) => alert),
        );
        const inFlight = { message: { id, isDigest, at: now() }, alerts };
        await deliveries.begin(inFlight);
        return inFlight;
      }
      const ms = Math.min(plan.until === null ? LONGEST_WAIT_MS : plan.until - now(), LONGEST_WAIT_MS);
      wake = new AbortController();
      await sleep(ms, AbortSignal.any([signal, wake.signal])).catch(() => {});
      signal.throwIfAborted();
    }
  };

  /** @returns why it becomes a dead letter; null if the target has it, or if all of it was erased. */
  const deliver = async ({ message, alerts }: InFlight): Promise<{ reason: string } | null> => {
    for (let failures = 0; ; failures += 1) {
      await endPause();
      signal.throwIfAborted();
      const left = withoutErased(alerts);
      if (left.length === 0) return null;
      const outcome = await deps.send({ ...message, alerts: left.map(({ alert }) => alert) });
      pause = { since: monotonicNow(), ms: deps.pauseMs };
      metrics.alertMessages.inc({ target, outcome: outcome.kind });
      if (outcome.kind === 'delivered') {
        const { warning } = outcome;
        if (warning) log.warn({ target, message: message.id, warning }, `${target} took a message only in part`);
        return null;
      }
      // The next owner of the lane sends it again.
      signal.throwIfAborted();
      const { reason } = outcome;
      if (outcome.kind === 'refused') return { reason };
      const sinceMs = Math.max(0, now() - message.at);
      showFailing(sinceMs / 1_000);
      if (sinceMs >= deps.giveUpMs) {
        metrics.alertMessages.inc({ target, outcome: 'given_up' });
        return { reason: `${reason}, and it was tried for ${Math.round(sinceMs / 1_000)} s` };
      }
      const waitMs =
        outcome.kind === 'limited' ? outcome.pauseMs : backoffMs(BACKOFF, failures) * (0.75 + deps.random() / 4);
      pause = { since: monotonicNow(), ms: Math.max(deps.pauseMs, waitMs) };
      log.warn({ target, message: message.id, reason }, `${target} did not take a message, it is tried again`);
    }
  };

  const finish = async (inFlight: InFlight): Promise<void> => {
    const deadLetter = await deliver(inFlight);
    // No message is on its way to the target now.
    showFailing(0);
    if (deadLetter)
      log.error({ target, message: inFlight.message.id, ...deadLetter }, `a message to ${target} is a dead letter`);
    await deliveries.finish(inFlight, deadLetter);
    remove(inFlight.alerts.map(({ key }) => key));
  };

  return {
    add(alert) {
      waiting.set(alert.key, alert);
      show();
      wake.abort();
    },
    remove,
    async run(inFlight) {
      if (inFlight) await finish(inFlight);
      while (!signal.aborted) await finish(await nextMessage());
    },
  };
}
