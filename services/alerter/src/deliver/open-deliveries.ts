import type { Alert } from 'qcc-alerts/message/alert';
import type { DeliveryOutcome } from 'qcc-alerts/message/judge-response';
import { pauseBetween } from 'qcc-alerts/message/limits';
import type { AlertMessage, WaitingAlert } from 'qcc-alerts/message/plan-message';
import type { Target } from 'qcc-alerts/rules/rules-schema';
import type { AvroCodec } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { AlertState } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { alertStateKey, alertStateMessage, noAlertStateMessage } from 'qcc-core/kafka/messages/alert-state';
import { toDeadLetter } from 'qcc-core/kafka/messages/dead-letter';
import { createTargetQueue, type DeliveryLog, type InFlight, type TargetQueue } from './deliver-to-target.ts';

export type DeliveryDeps = {
  account: string;
  prefix: string;
  codec: Pick<AvroCodec, 'encode'>;
  targets: Readonly<Record<string, Target>>;
  send: (target: string, message: AlertMessage) => Promise<DeliveryOutcome>;
  giveUpMs: number;
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  random: () => number;
  log: Pick<Log, 'warn' | 'error' | 'info'>;
  metrics: Pick<Metrics, 'alertMessages' | 'alertsWaiting' | 'alertTargetDown' | 'deadLetters'>;
};

/** Takes each entry of `alert-state` that is read from now on. */
export type TakeEntry = (key: string, entry: AlertState) => void;

/**
 * Sends the alerts of one account, in the one instance that has the lane. Everything that older lanes committed is in `entries`.
 * Alerts of targets that are no longer in the rules become dead letters. Ends when the lane is lost; the next owner of the lane sends
 * again what was on its way, with the same id.
 */
export function openDeliveries(
  deps: DeliveryDeps,
  lane: Pick<Lane, 'transact' | 'signal' | 'abandon'>,
  entries: Iterable<[string, AlertState]>,
): TakeEntry {
  const { targets, log, metrics } = deps;
  const queues = new Map<string, TargetQueue>();
  const inFlight = new Map<string, AlertState>();
  const alerts = new Map<string, WaitingAlert>();
  const homeless = new Map<string, WaitingAlert[]>();

  const give = (target: string, alert: WaitingAlert): void => {
    const queue = queues.get(target);
    if (queue) queue.add(alert);
    else homeless.set(target, [...(homeless.get(target) ?? []), alert]);
  };
  const loseLane = (error: unknown): void => {
    if (lane.signal.aborted) return;
    log.error(`deliveries end with their lane: ${describeError(error)}`);
    lane.abandon(error);
  };

  for (const [target, spec] of Object.entries(targets)) {
    metrics.alertsWaiting.set({ target }, 0);
    queues.set(
      target,
      createTargetQueue({
        ...deps,
        target,
        send: (message) => deps.send(target, message),
        deliveries: createDeliveryLog(deps, lane, target),
        pauseMs: pauseBetween(spec),
        signal: lane.signal,
      }),
    );
  }
  for (const [key, entry] of entries) {
    const alert = toWaiting(key, entry);
    if (alert) {
      alerts.set(key, alert);
      give(entry.target!, alert);
    } else if (entry.kind === 'MESSAGE') inFlight.set(entry.target!, entry);
  }
  for (const [target, queue] of queues) {
    const entry = inFlight.get(target);
    queue.run(entry && restore(entry, alerts)).catch(loseLane);
  }
  for (const [target, waiting] of homeless) {
    const keys = waiting.map(({ key }) => key);
    const message = {
      id: `gone_${target}`,
      isDigest: true,
      at: deps.now(),
      alerts: waiting.map(({ alert }) => alert),
    };
    const reason = 'the target is no longer in the rules';
    createDeliveryLog(deps, lane, target).finish({ message, keys }, { reason }).catch(loseLane);
    log.error({ target, alerts: keys.length }, `${reason}: its alerts are dead letters`);
  }
  lane.signal.addEventListener('abort', () => {
    metrics.alertsWaiting.reset();
    metrics.alertTargetDown.reset();
  });

  return (key, entry) => {
    const alert = toWaiting(key, entry);
    if (alert && !lane.signal.aborted) give(entry.target!, alert);
  };
}

function toWaiting(key: string, { kind, alert, dueAt, isHeld, target }: AlertState): WaitingAlert | null {
  if (kind !== 'ALERT' || alert === null || target === null) return null;
  return { key, alert: JSON.parse(alert) as Alert, dueAt: dueAt ?? 0, isHeld };
}

/** The message as it was sent. Its alerts are still there, because they are removed in one transaction with it. */
function restore(entry: AlertState, alerts: ReadonlyMap<string, WaitingAlert>): InFlight | undefined {
  const found = entry.alerts.flatMap((key) => alerts.get(key) ?? []);
  if (entry.messageId === null || found.length === 0) return undefined;
  const message = {
    id: entry.messageId,
    isDigest: entry.isDigest,
    at: entry.at,
    alerts: found.map(({ alert }) => alert),
  };
  return { message, keys: found.map(({ key }) => key) };
}

function createDeliveryLog(
  { account, prefix, codec, now, metrics }: DeliveryDeps,
  lane: Pick<Lane, 'transact'>,
  target: string,
): DeliveryLog {
  const key = alertStateKey.message(account, target);
  return {
    begin: ({ message: { id, isDigest, at }, keys }) =>
      lane.transact(({ send }) =>
        send([
          alertStateMessage(codec, key, {
            account,
            kind: 'MESSAGE',
            at,
            target,
            messageId: id,
            isDigest,
            alerts: [...keys],
          }),
        ]),
      ),
    async finish({ message, keys }, failure) {
      const place = { topic: topicName(prefix, TOPICS.alertState), partition: 0, offset: '', account };
      const deadLetter =
        failure &&
        toDeadLetter({
          stage: 'alerter',
          reason: 'ALERT_UNDELIVERED',
          message: `${target}: ${failure.reason}`,
          key: `${target}|${message.id}`,
          bytes: Buffer.from(JSON.stringify({ target, ...message })),
          place,
          now: now(),
        });
      await lane.transact(({ send }) =>
        send([...[...keys, key].map(noAlertStateMessage), ...(deadLetter ? [deadLetter] : [])]),
      );
      if (deadLetter) metrics.deadLetters.inc({ reason: 'ALERT_UNDELIVERED' });
    },
  };
}
