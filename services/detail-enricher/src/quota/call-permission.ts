import type { Metrics } from 'qcc-core/base/metrics';
import type { Gate } from './gate.ts';
import type { Spending } from './spending.ts';

export const CLOSED_REASONS = ['READ_ONLY', 'NOT_CONFIRMED', 'GATE_CLOSED', 'BUDGET_SPENT'] as const;
/** A detailReason: why no call may be made. */
export type ClosedReason = (typeof CLOSED_REASONS)[number];

/** Whether detail calls may be made at all, for every lane of the instance alike. */
export type CallPermission = {
  /** How many lookups may be under way: any number, one as a probe, or none. */
  limit(): number;
  /** Why none may; null where some may. */
  closedFor(): ClosedReason | null;
  /** Called whenever more may be under way than before, and at other times. */
  onOpen(listener: () => void): void;
};

/** QCC and the person who pays allow it, and the budget has something left. */
export function createCallPermission(deps: {
  gate: Pick<Gate, 'limit' | 'closedFor' | 'onChange' | 'turnChanged'>;
  spending: Pick<Spending, 'isSpent' | 'onChange'>;
  metrics: Pick<Metrics, 'detailGate'>;
}): CallPermission {
  const { gate, spending, metrics } = deps;
  const listeners: (() => void)[] = [];
  const closedFor = (): ClosedReason | null => gate.closedFor() ?? (spending.isSpent() ? 'BUDGET_SPENT' : null);

  gate.onChange(() => {
    const closed = closedFor();
    for (const reason of CLOSED_REASONS) metrics.detailGate.set({ reason }, reason === closed ? 1 : 0);
    for (const listener of listeners) listener();
  });
  // Which partitions are held decides whose turn a probe is, so the gate looks anew, and tells.
  spending.onChange(gate.turnChanged);
  return {
    closedFor,
    limit: () => (closedFor() === null ? gate.limit() : 0),
    onOpen(listener) {
      listeners.push(listener);
    },
  };
}
