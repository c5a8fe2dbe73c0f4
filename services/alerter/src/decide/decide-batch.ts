import { setImmediate as endOfTurn } from 'node:timers/promises';
import { decideChange } from 'qcc-alerts/decide/decide-change';
import { DIRECTIONS, type Direction } from 'qcc-alerts/decide/direction';
import type { Erasures } from 'qcc-alerts/decide/erasures';
import type { EventState } from 'qcc-alerts/decide/event';
import type { Portfolios } from 'qcc-alerts/decide/portfolios';
import type { Rule } from 'qcc-alerts/rules/rules-schema';
import { type AvroCodec, ignoreUndecodable } from 'qcc-core/avro/codec';
import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import type { AlertState } from 'qcc-core/contract/domain';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import type { DeadLetterRuns } from 'qcc-core/kafka/exactly-once/dead-letter-run';
import type { WorkerInput } from 'qcc-core/kafka/exactly-once/worker';
import { alertStateKey, alertStateMessage } from 'qcc-core/kafka/messages/alert-state';
import { deadMessage } from 'qcc-core/kafka/messages/dead-letter';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';

/** What a lane knows of the changes of its partition. */
export type LaneState = {
  /** When the alerter started in this partition for the first time; ms since the epoch. */
  startedAt: number;
  /** What this lane has committed. The table reads it a moment later. */
  committed: Map<string, EventState>;
};

type Step = WorkerInput<LaneState>['process'];
type Message = Parameters<Step>[0]['messages'][number];

const UNDECODABLE = 'MESSAGE_UNDECODABLE';
/** Of a batch, before other partitions have their turn. */
const MESSAGES_AT_ONCE = 200;

/**
 * The step of the worker loop. Decides which alerts each version makes. One transaction writes the new state of each event, the alerts
 * (one entry for each target) and the input offset, so each alert is decided exactly once, even after a crash. Messages that do not decode
 * become dead letters. Changes of other accounts are skipped. Erased records make no alert, and nothing is written to `alert-state` for
 * them. Never waits for a target.
 */
export function createDecideBatch(deps: {
  account: string;
  prefix: string;
  codec: Pick<AvroCodec, 'encode' | 'decode'>;
  rules: readonly Rule[];
  portfolios: Pick<Portfolios, 'has'>;
  erasures: Pick<Erasures, 'has'>;
  /** Of `alert-state`, as far as it is read. */
  entryOf: EntryOf;
  runs: DeadLetterRuns;
  now: () => number;
  log: Pick<Log, 'error'>;
  metrics: Pick<Metrics, 'alerts' | 'deadLetters'>;
}): Step {
  const { account, codec, rules, portfolios, erasures, now, metrics } = deps;
  const from = topicName(deps.prefix, TOPICS.enrichedRecords);

  return async function decideBatch({ lane, state, messages, nextOffset }) {
    const { partition } = lane;
    const dead = new Set<Message>();
    const outgoing: Outgoing[] = [];
    const decided = new Map<string, EventState>();
    const counted: string[] = [];
    for (const [at, message] of messages.entries()) {
      if (at % MESSAGES_AT_ONCE === MESSAGES_AT_ONCE - 1) await endOfTurn();
      const enriched = await codec
        .decode('enriched-records', message.value ?? Buffer.alloc(0))
        .catch(ignoreUndecodable);
      if (enriched === null) {
        dead.add(message);
        const text = 'the message is not an enriched record';
        const place = { account, topic: from, partition, message, stage: 'alerter', now: now() };
        outgoing.push(deadMessage({ ...place, reason: UNDECODABLE, text }));
        deps.log.error({ partition, offset: message.offset, reason: UNDECODABLE }, text);
        continue;
      }
      if (enriched.record.account !== account) continue;
      const key = alertStateKey.event(account, enriched.record);
      const known = decided.get(key) ?? knownEvent(state, deps.entryOf, key);
      const decision = decideChange(
        { rules, portfolios, erasures, startedAt: state.startedAt },
        { enriched, writtenAt: Number(message.timestamp), known, now: now() },
      );
      if (decision.kind === 'nothing') continue;
      decided.set(key, decision.state);
      const { corpKeyNo, id: changeId } = enriched.record;
      const entry = { account, at: now(), corpKeyNo, changeId };
      outgoing.push(
        alertStateMessage(codec, key, {
          ...entry,
          kind: 'EVENT',
          ...decision.state,
          rules: [...decision.state.rules],
        }),
      );
      for (const { alert, targets, dueAt, isHeld } of decision.alerts) {
        counted.push(alert.rule);
        for (const target of targets)
          outgoing.push(
            alertStateMessage(codec, alertStateKey.alert(account, target, alert.id), {
              ...entry,
              kind: 'ALERT',
              target,
              alert: JSON.stringify(alert),
              dueAt,
              isHeld,
            }),
          );
      }
    }
    const settleRun = deps.runs.check({ topic: from, partition }, messages, (message) =>
      dead.has(message) ? UNDECODABLE : null,
    );
    await lane.transact(({ send }) => send(outgoing), { nextOffset });
    settleRun();
    forgetRead(state, deps.entryOf);
    for (const [key, event] of decided) state.committed.set(key, event);
    for (const rule of counted) metrics.alerts.inc({ rule });
    for (const _ of dead) metrics.deadLetters.inc({ reason: UNDECODABLE });
  };
}

type EntryOf = (key: string) => AlertState | undefined;

/** Prefers the lane's own commit, because the table reads it a moment later. */
function knownEvent({ committed }: LaneState, entryOf: EntryOf, key: string): EventState | undefined {
  const own = committed.get(key);
  const read = readEvent(entryOf, key);
  return own && !isRead(own, read) ? own : read;
}

/** Keeps only what the table does not have yet, so that the memory of a lane does not grow with its events. */
function forgetRead({ committed }: LaneState, entryOf: EntryOf): void {
  for (const [key, own] of committed) if (isRead(own, readEvent(entryOf, key))) committed.delete(key);
}

const isRead = (own: EventState, read: EventState | undefined): boolean =>
  read !== undefined && Buffer.compare(read.version, own.version) >= 0;

function readEvent(entryOf: EntryOf, key: string): EventState | undefined {
  const read = entryOf(key);
  return read?.kind === 'EVENT' && read.version ? toEventState(read, read.version) : undefined;
}

const toEventState = ({ direction, eventDate, episode, rules }: AlertState, version: Uint8Array): EventState => ({
  direction: DIRECTIONS.find((each): each is Direction => each === direction) ?? null,
  eventDate,
  episode,
  version,
  rules,
});
