import { shellArgument } from 'qcc-core/base/shell-argument';

/**
 * An order that makes no progress for this long is stalled. It is a constant, because nothing that a user can set
 * makes a healthy order slower: the extractor publishes a part every 10 s at the latest, and publishes once a minute that it
 * still fetches an archive. `ORDER_DEADLINE_MS` is for a user who wants to allow more.
 */
export const STALLED_AFTER_MS = 120_000;

/** Statuses in which an order needs a service of the pipeline to go on. With DETAILS_PENDING its records are stored. */
export const UNDER_WAY = ['RECEIVED', 'EXTRACTING', 'STORING'] as const;
export type UnderWay = (typeof UNDER_WAY)[number];
export const isUnderWay = (status: string): status is UnderWay => (UNDER_WAY as readonly string[]).includes(status);

/** The newest revision of an order, as one reading of the ledger shows it. */
export type LedgerReading = {
  orderNo: string;
  revision: number;
  status: string;
  /** When the first fact about it was published, milliseconds since the epoch; 0 if there is none. */
  firstFactAt: number;
  /** Everything that changes when the order makes progress, and at no other time. */
  progress: unknown;
};

export type StalledOrder = {
  orderNo: string;
  revision: number;
  status: UnderWay;
  /** Since when its progress has been seen unchanged, milliseconds since the epoch. */
  since: number;
};

export type StallWatch = {
  /**
   * Takes a reading of orders that are not COMPLETE, of each status at least the oldest, and returns the stalled ones in the same
   * order. Time without readings does not count, because orders may have made progress in it.
   */
  judge(readings: readonly LedgerReading[], now: number): readonly StalledOrder[];
};

/** An order waits its turn behind earlier ones in these statuses: they go through the same service, in order of arrival. */
const AHEAD: Record<UnderWay, readonly UnderWay[]> = {
  RECEIVED: ['RECEIVED', 'EXTRACTING'],
  EXTRACTING: [],
  STORING: ['EXTRACTING', 'STORING'],
};

type Watched = {
  order: Omit<StalledOrder, 'since'>;
  firstFactAt: number;
  progress: string;
  /** When the order itself was last seen to move. */
  since: number;
  /** From when its two minutes count: later than `since` if earlier orders moved after it. */
  countsFrom: number;
  isStalled: boolean;
};

/**
 * Compares each reading of the ledger with the one before. An order is stalled once neither it nor an order ahead of it
 * has moved for `stalledAfterMs`; later orders do not count, because they may pass one whose records were lost. Only its own
 * progress ends a stall, so that the result does not flap. The times of the facts do not count: a repeated batch, and details
 * that settle late, bring new facts without progress.
 */
export function createStallWatch({ stalledAfterMs }: { stalledAfterMs: number }): StallWatch {
  let watched: ReadonlyMap<string, Watched> = new Map();
  let lookedAt = Number.NEGATIVE_INFINITY;

  const look = (reading: LedgerReading & { status: UnderWay }, now: number): Watched => {
    const { orderNo, revision, status, firstFactAt } = reading;
    const progress = JSON.stringify([status, reading.progress]);
    const known = watched.get(nameOf(reading));
    const order = { orderNo, revision, status };
    if (known?.progress === progress) return { ...known };
    return { order, firstFactAt, progress, since: now, countsFrom: now, isStalled: false };
  };

  return {
    judge(readings, now) {
      const wasAway = now - lookedAt > stalledAfterMs / 2;
      const underWay = readings.filter((reading): reading is LedgerReading & { status: UnderWay } =>
        isUnderWay(reading.status),
      );
      const seen = new Map(underWay.map((reading) => [nameOf(reading), look(reading, now)]));
      const moved = [
        ...[...watched].filter(([name, { progress }]) => seen.get(name)?.progress !== progress).map(([, old]) => old),
        ...[...seen.values()].filter(({ since }) => since === now),
      ];
      const firstMoved = new Map<UnderWay, number>();
      for (const { order, firstFactAt } of moved) {
        firstMoved.set(order.status, Math.min(firstFactAt, firstMoved.get(order.status) ?? firstFactAt));
      }
      for (const each of seen.values()) {
        const isBehind = AHEAD[each.order.status].some(
          (status) => (firstMoved.get(status) ?? Number.POSITIVE_INFINITY) < each.firstFactAt,
        );
        if (wasAway || isBehind) each.countsFrom = now;
        each.isStalled ||= now - each.countsFrom >= stalledAfterMs;
      }
      watched = seen;
      lookedAt = now;
      return [...seen.values()].filter(({ isStalled }) => isStalled).map(({ order, since }) => ({ ...order, since }));
    },
  };
}

/** The message for `/readyz` about stalled orders; null if there are none. */
export function describeStalled(stalled: readonly StalledOrder[], { most }: { most: number }): string | null {
  const [first] = stalled;
  if (!first) return null;
  const named = stalled
    .slice(0, most)
    .map(({ orderNo, status, since }) => `${orderNo} is ${status} since ${new Date(since).toISOString()}`);
  const count = stalled.length === 1 ? '1 order makes' : `${stalled.length} orders make`;
  const remedy = `if all other services are ready, \`npx qcc audit ${shellArgument(first.orderNo)}\` says what is missing and where`;
  return `${count} no progress: ${named.join(', ')}${stalled.length > most ? ', …' : ''}; ${remedy}`;
}

const nameOf = ({ orderNo, revision }: { orderNo: string; revision: number }): string =>
  JSON.stringify([orderNo, revision]);
