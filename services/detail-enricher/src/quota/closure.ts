import type { DetailGate } from 'qcc-core/contract/domain';

/** Why and until when (milliseconds since the epoch) no detail call may be made, as one instance found out. */
export type Closure = Pick<DetailGate, 'since' | 'by'> & { until: number };

/** What an instance knows of the gate. */
export type Closures = {
  /** As the topic has it, read in its order. */
  known: Closure | null;
  /** Closed by this instance, and not read back yet: it holds from the answer on, not from the topic's on. */
  own: Closure | null;
};

export const NO_CLOSURES: Closures = { known: null, own: null };

/**
 * The closures after an entry of the topic. The longer of two counts, whoever said so; OPEN ends all that stand before it,
 * PROBE their time.
 */
export function readClosure({ known, own }: Closures, entry: DetailGate): Closures {
  switch (entry.state) {
    case 'CLOSED': {
      const read: Closure = { until: entry.until ?? 0, since: entry.since, by: entry.by };
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

/** The closure that counts, null where the gate is open. */
export const closureOf = ({ known, own }: Closures): Closure | null => longer(known, own);

const longer = (one: Closure | null, other: Closure | null): Closure | null =>
  one && (!other || one.until >= other.until) ? one : other;
