import type { EnrichedRecord } from 'qcc-core/contract/domain';
import type { Alert } from '../message/alert.ts';
import type { Rule } from '../rules/rules-schema.ts';
import { decideChange } from './decide-change.ts';
import type { Erasures } from './erasures.ts';
import type { EventState } from './event.ts';
import type { Portfolios } from './portfolios.ts';

export type SimulatedMessage = { at: number; isDigest: boolean; alerts: readonly Alert[] };

export type Simulation = {
  /**
   * Takes the next version of a partition, in the order of its offsets. Versions from before `since` say what was known then, and make
   * no message.
   */
  take(enriched: EnrichedRecord, writtenAt: number): void;
  /** In the order in which they would have been sent. Held alerts that are due at the same time are one digest. */
  messages(): SimulatedMessage[];
};

/**
 * What one rule would have sent if it had been in force, decided as the alerter decides it. Limits of targets and outages are left
 * out: with them, single alerts may become a digest.
 * @param deps.since Ms since the epoch.
 */
export function simulateRule(deps: {
  rule: Rule;
  portfolios: Pick<Portfolios, 'has'>;
  erasures: Pick<Erasures, 'has'>;
  since: number;
}): Simulation {
  const { rule, portfolios, erasures, since } = deps;
  const known = new Map<string, EventState>();
  const single: SimulatedMessage[] = [];
  const held = new Map<number, Alert[]>();
  return {
    take(enriched, writtenAt) {
      const { account, corpKeyNo, type, id } = enriched.record;
      const key = JSON.stringify([account, corpKeyNo, type, id]);
      const decision = decideChange(
        { rules: [rule], portfolios, erasures, startedAt: 0 },
        { enriched, writtenAt, known: known.get(key), now: writtenAt },
      );
      if (decision.kind === 'nothing') return;
      known.set(key, decision.state);
      if (writtenAt < since) return;
      for (const { alert, dueAt, isHeld } of decision.alerts) {
        if (isHeld) held.set(dueAt, [...(held.get(dueAt) ?? []), alert]);
        else single.push({ at: dueAt, isDigest: false, alerts: [alert] });
      }
    },
    messages: () =>
      [...single, ...[...held].map(([at, alerts]) => ({ at, isDigest: true, alerts }))].sort((a, b) => a.at - b.at),
  };
}
