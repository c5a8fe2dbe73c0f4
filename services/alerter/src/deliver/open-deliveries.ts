import type { Erasures } from 'qcc-alerts/decide/erasures';
import type { Alert } from 'qcc-alerts/message/alert';
import type { DeliveryOutcome } from 'qcc-alerts/message/judge-response';
import { pauseBetween } from 'qcc-alerts/message/limits';
import { type AlertMessage, MOST_IN_DIGEST, type WaitingAlert } from 'qcc-alerts/message/plan-message';
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
import { createErasureSweep } from './sweep-erased.ts';

export type DeliveryDeps = {
  account: string;
  prefix: string;
  codec: Pick<AvroCodec, 'encode'>;
  targets: Readonly<Record<string, Target>>;
  send: (target: string, message: AlertMessage) => Promise<DeliveryOutcome>;
  erasures: Pick<Erasures, 'has'>;
  giveUpMs: number;
  now: () => number;
  monotonicNow: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  random: () => number;
  log: Pick<Log, 'warn' | 'error' | 'info'>;
  metrics: Pick<Metrics, 'alertMessages' | 'alertsWaiting' | 'alertTargetDown' | 'deadLetters'>;
};

export type Deliveries = {
  /** Takes each entry of `alert-state` that is read from now on. */
  take(key: string, entry: AlertState): void;
  /** Call it after an erasure: alerts of erased records are not sent any more and are removed from `alert-state`. */
  noteErasure(): void;
};

/**
 * Sends the alerts of one account, in the one instance that has the lane. `entries()` returns `alert-state` as read so far; at this call
 * it has everything that earlier lanes committed. Alerts of targets that the rules no longer have become dead letters. Ends when the lane
 * is lost. The next owner of the lane sends unfinished messages again, with the same id.
 */
export function openDeliveries(
  deps: DeliveryDeps,
  lane: Pick<Lane, 'transact' | 'signal' | 'abandon'>,
  entries: () => Iterable<[string, AlertState]>,
): Deliveries {
  const { targets, erasures, log, metrics } = deps;
  const isErased = ({ record }: Pick<WaitingAlert, 'record'>): boolean => record !== null && erasures.has(record);
  const queues = new Map<string, TargetQueue>();
  const inFlight = new Map<string, AlertState>();
  const alerts = new Map<string, WaitingAlert>();
  const withoutTarget: [target: string, alert: WaitingAlert][] = [];

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
        isErased,
        deliveries: createDeliveryLog(deps, lane, { target, isErased }),
        pauseMs: pauseBetween(spec),
        signal: lane.signal,
      }),
    );
  }
  for (const [key, entry] of entries()) {
    const alert = toWaiting(key, entry);
    if (alert) {
      if (isErased(alert)) continue;
      alerts.set(key, alert);
      const queue = queues.get(entry.target!);
      if (queue) queue.add(alert);
      else withoutTarget.push([entry.target!, alert]);
    } else if (entry.kind === 'MESSAGE') inFlight.set(entry.target!, entry);
  }
  for (const [target, queue] of queues) {
    const entry = inFlight.get(target);
    queue.run(entry && restore(entry, alerts)).catch(loseLane);
  }
  const giveUp = async (target: string, alerts: readonly WaitingAlert[]): Promise<void> => {
    const reason = 'the target is no longer in the rules';
    log.error({ target, alerts: alerts.length }, `${reason}: its alerts are dead letters`);
    const message = { id: `gone_${target}`, isDigest: true, at: deps.now() };
    const deliveries = createDeliveryLog(deps, lane, { target, isErased });
    for (let at = 0; at < alerts.length; at += MOST_IN_DIGEST)
      await deliveries.finish({ message, alerts: alerts.slice(at, at + MOST_IN_DIGEST) }, { reason });
  };
  for (const [target, waiting] of Map.groupBy(withoutTarget, ([name]) => name))
    giveUp(
      target,
      waiting.map(([, alert]) => alert),
    ).catch(loseLane);
  const sweep = createErasureSweep({
    entries,
    isErased: (entry) => isErased({ record: recordOf(entry) }),
    lane,
    onRemoved(keys) {
      for (const queue of queues.values()) queue.remove(keys);
      log.info({ entries: keys.length }, 'entries of erased records were removed from alert-state');
    },
  });
  sweep.run().catch(loseLane);
  lane.signal.addEventListener('abort', () => {
    metrics.alertsWaiting.reset();
    metrics.alertTargetDown.reset();
  });

  return {
    take(key, entry) {
      if (lane.signal.aborted) return;
      if (isErased({ record: recordOf(entry) })) {
        sweep.wake();
        return;
      }
      const alert = toWaiting(key, entry);
      // A target may have no queue here: an instance with another rules file may have written the alert, for example during an upgrade.
      // The next owner of the lane sends it if its rules have the target; otherwise the alert becomes a dead letter.
      if (alert) queues.get(entry.target!)?.add(alert);
    },
    noteErasure: sweep.wake,
  };
}

const recordOf = ({ corpKeyNo, changeId }: AlertState): WaitingAlert['record'] =>
  corpKeyNo === null || changeId === null ? null : { corpKeyNo, id: changeId };

function toWaiting(key: string, entry: AlertState): WaitingAlert | null {
  const { kind, alert, dueAt, isHeld, target } = entry;
  if (kind !== 'ALERT' || alert === null || target === null) return null;
  return { key, alert: JSON.parse(alert) as Alert, record: recordOf(entry), dueAt: dueAt ?? 0, isHeld };
}

/** The message as it was sent. Its alerts are still there, except erased ones, because they are removed in one transaction with it. */
function restore(entry: AlertState, alerts: ReadonlyMap<string, WaitingAlert>): InFlight | undefined {
  const found = entry.alerts.flatMap((key) => alerts.get(key) ?? []);
  if (entry.messageId === null || found.length === 0) return undefined;
  return { message: { id: entry.messageId, isDigest: entry.isDigest, at: entry.at }, alerts: found };
}

function createDeliveryLog(
  { account, prefix, codec, now, metrics }: DeliveryDeps,
  lane: Pick<Lane, 'transact'>,
  { target, isErased }: { target: string; isErased: (alert: WaitingAlert) => boolean },
): DeliveryLog {
  const key = alertStateKey.message(account, target);
  return {
    begin: ({ message: { id, isDigest, at }, alerts }) =>
      lane.transact(({ send }) =>
        send([
          alertStateMessage(codec, key, {
            account,
            kind: 'MESSAGE',
            at,
            target,
            messageId: id,
            isDigest,
            alerts: alerts.map((alert) => alert.key),
          }),
        ]),
      ),
    async finish({ message, alerts }, failure) {
      const place = { topic: topicName(prefix, TOPICS.alertState), partition: 0, offset: '', account };
      const undelivered = failure ? alerts.filter((alert) => !isErased(alert)).map(({ alert }) => alert) : [];
      const deadLetters = splitByBytes(undelivered, MOST_ALERT_BYTES).map((part) =>
        toDeadLetter({
          stage: 'alerter',
          reason: 'ALERT_UNDELIVERED',
          message: `${target}: ${failure?.reason}`,
          key: `${target}|${message.id}`,
          bytes: Buffer.from(JSON.stringify({ target, ...message, alerts: part })),
          place,
          now: now(),
        }),
      );
      const done = [...alerts.map((alert) => alert.key), key].map(noAlertStateMessage);
      await lane.transact(({ send }) => send([...done, ...deadLetters]));
      for (const _ of deadLetters) metrics.deadLetters.inc({ reason: 'ALERT_UNDELIVERED' });
    },
  };
}

/** Of one dead letter. A larger value would be replaced by its hash, and the alerts would be lost. */
const MOST_ALERT_BYTES = 128 * 1_024;

/** Splits alerts into consecutive parts of at most `most` bytes of JSON. An alert that is larger has its own part. */
function splitByBytes(alerts: readonly Alert[], most: number): Alert[][] {
  const parts: Alert[][] = [];
  let left = 0;
  for (const alert of alerts) {
    const bytes = Buffer.byteLength(JSON.stringify(alert)) + 1;
    if (bytes > left) {
      parts.push([]);
      left = most;
    }
    left -= bytes;
    parts.at(-1)!.push(alert);
  }
  return parts;
}
