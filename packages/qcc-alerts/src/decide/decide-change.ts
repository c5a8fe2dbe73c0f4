import type { EnrichedRecord } from 'qcc-core/contract/domain';
import { type Alert, toAlert } from '../message/alert.ts';
import type { Rule } from '../rules/rules-schema.ts';
import { directionOf } from './direction.ts';
import type { Erasures } from './erasures.ts';
import { alertId, type EventState, nextEventState } from './event.ts';
import { matchRule } from './match-rule.ts';
import type { Portfolios } from './portfolios.ts';
import { type Schedule, schedule } from './schedule.ts';

export type DecidedAlert = Schedule & { alert: Alert; targets: readonly string[] };

export type Decision =
  /** No rule fits, the version is not newer, the change is from before the first start, or it was erased. */
  | { kind: 'nothing' }
  /** The new state has to be written together with the alerts. */
  | { kind: 'decided'; state: EventState; alerts: readonly DecidedAlert[] };

/**
 * Decides which alerts a version of a change makes. Each rule makes at most one alert of an event: a pending version and its settled
 * one, a replay and a repeated push are the same event. Rules with an amount wait for the settled version.
 * @param input.writtenAt When the version was published; ms since the epoch.
 * @param input.known What was decided about the change before.
 */
export function decideChange(
  deps: {
    rules: readonly Rule[];
    portfolios: Pick<Portfolios, 'has'>;
    erasures: Pick<Erasures, 'has'>;
    startedAt: number;
  },
  input: { enriched: EnrichedRecord; writtenAt: number; known: EventState | undefined; now: number },
): Decision {
  const { enriched, known, now } = input;
  const { record, version } = enriched;
  if (deps.erasures.has(record)) return { kind: 'nothing' };
  const isReplayOfOld = record.source === 'replay' && record.pushDate < deps.startedAt;
  if (!known && (input.writtenAt < deps.startedAt || isReplayOfOld)) return { kind: 'nothing' };
  const direction = directionOf(record);
  const next = nextEventState(known, { type: record.type, eventDate: record.eventDate, direction, version });
  if (!next) return { kind: 'nothing' };
  const fitting = deps.rules.filter(
    (rule) => !next.rules.includes(rule.name) && matchRule(rule, { enriched, direction }, deps.portfolios) === 'fits',
  );
  if (!known && fitting.length === 0) return { kind: 'nothing' };
  const alerts = fitting.map((rule) => ({
    alert: toAlert({ id: alertId(rule.name, record, next.episode), rule, enriched, direction }),
    targets: [...new Set(rule.to)],
    ...schedule(rule, now),
  }));
  return { kind: 'decided', state: { ...next, rules: [...next.rules, ...fitting.map(({ name }) => name)] }, alerts };
}
