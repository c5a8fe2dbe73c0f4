import type { Activated, Checked, Coverage, Gap } from 'qcc-core/kafka/messages/coverage-fact';
import { windowKey } from './push-windows.ts';

/** What the facts on `coverage` come to for one account. */
export type CoverageState = {
  /** The newest check of each window, by `windowKey`. */
  windows: ReadonlyMap<string, Checked>;
  /** The window of each order that was ever listed. */
  windowOfOrder: ReadonlyMap<string, Checked>;
  /** Milliseconds since the epoch; null before the first check. */
  lastCheckAt: number | null;
  /** Start of the first covered window, ms; null without one. Since then, each list overlaps the one before, or a gap is recorded. */
  coveredFrom: number | null;
  activations: readonly Activated[];
  openGaps: readonly Gap[];
  /** The names of all gaps, the closed ones too. */
  knownGaps: ReadonlySet<string>;
};

/** Skips facts of other accounts. If several checks of one window are given, the last one counts; the topic keeps one. */
export function foldCoverage(account: string, facts: Iterable<Coverage>): CoverageState {
  const windows = new Map<string, Checked>();
  const activations: Activated[] = [];
  const gaps = new Map<string, Gap>();
  const closed = new Set<string>();
  for (const fact of facts) {
    if (fact.account !== account) continue;
    switch (fact.kind) {
      case 'CHECKED':
        windows.set(windowKey(fact), fact);
        break;
      case 'ACTIVATED':
        activations.push(fact);
        break;
      case 'GAP':
        gaps.set(fact.gap, fact);
        break;
      case 'GAP_CLOSED':
        closed.add(fact.gap);
        break;
    }
  }
  const checks = [...windows.values()];
  return {
    windows,
    windowOfOrder: new Map(checks.flatMap((check) => check.orders.map(({ orderNo }) => [orderNo, check] as const))),
    lastCheckAt: extreme(
      Math.max,
      checks.map(({ at }) => at),
    ),
    coveredFrom: extreme(
      Math.min,
      checks.filter(({ covered }) => covered).map(({ windowStart }) => windowStart),
    ),
    activations,
    openGaps: [...gaps.values()].filter(({ gap }) => !closed.has(gap)),
    knownGaps: new Set(gaps.keys()),
  };
}

const extreme = (pick: (a: number, b: number) => number, values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, b) => pick(a, b));
