import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerOf } from '../../harness/audit.ts';
import { until } from '../../harness/until.ts';
import { conclude, type RowFigures, sendOrder, withBroken } from '../row.ts';
import type { ClusterBed, ClusterRowInput } from './cluster-bed.ts';

/** Reaches every partition of every topic many times. */
const ORDER_RECORDS = 3_000;
/** While a fault lasts, orders keep coming; together with a row's own fewer than the thirty that reconcile looks back. */
const FEED_EVERY_MS = 5_000;
const MOST_FED = 8;
const PROBE_RECORDS = 1_000;
const RECOVER_LIMIT_MS = 120_000;
/** After this many faults in a row without recovery, further ones would show nothing new. */
const MOST_LATE_IN_ROW = 3;

type Fault = {
  /** Causes the fault, and resolves with its description when it is over. */
  inject(round: number): Promise<string>;
  rounds: number;
  /** How many faults a round has. Default: 1. */
  faultsPerRound?: number;
};

/**
 * Orders come before, during and after each fault. An order sent when the fault is over must be complete within two
 * minutes; at the end everything is compared.
 */
export async function underFaults(
  { bed, cluster, fleet }: ClusterBed,
  input: Pick<ClusterRowInput, 'random' | 'say' | 'orderRecords' | 'readTopics'> & {
    fault: Fault;
    notes?: string[];
  },
): Promise<RowFigures> {
  const { fault, say, orderRecords = ORDER_RECORDS } = input;
  const seconds: number[] = [];
  const late: string[] = [];
  let lateInRow = 0;
  let overAt = Date.now();
  let rounds = 0;
  while (rounds < fault.rounds && lateInRow < MOST_LATE_IN_ROW) {
    const feeding = feed(bed, orderRecords);
    let what: string;
    try {
      await sleep(input.random() * 1_500);
      what = await fault.inject(rounds);
    } finally {
      await feeding.end();
    }
    overAt = Date.now();
    rounds += 1;
    const recovered = await untilOrderPasses(bed);
    if (recovered === null) {
      lateInRow += 1;
      late.push(`an order sent after fault ${rounds} (${what}) is not complete within ${RECOVER_LIMIT_MS / 1_000} s`);
    } else {
      lateInRow = 0;
      seconds.push(recovered);
    }
    say(
      `${rounds} of ${fault.rounds}: ${what}; ${recovered === null ? 'NOT RECOVERED' : `recovered after ${recovered.toFixed(1)} s`}`,
    );
  }
  const faults = rounds * (fault.faultsPerRound ?? 1);
  const figures = await conclude({
    bed,
    fleet,
    faults,
    overAt,
    notes: [...(input.notes ?? []), describeRecovery(seconds), describeLanes(fleet)],
    readTopics: input.readTopics,
  });
  const down = cluster.nodes.filter(({ state }) => state !== 'up').map(({ id }) => `node ${id} is not up at the end`);
  return withBroken(figures, [...late, ...down]);
}

const describeRecovery = (seconds: readonly number[]): string => {
  if (seconds.length === 0) return 'no order sent after a fault was complete in time';
  const sorted = seconds.toSorted((a, b) => a - b);
  return `an order sent when the fault is over is complete after ${sorted[Math.floor(sorted.length / 2)]!.toFixed(1)} s (median), ${sorted.at(-1)!.toFixed(1)} s (most), of ${sorted.length}`;
};

export const describeLanes = (fleet: ClusterBed['fleet']): string => `${fleet.countInLogs('"lane broken,')} lanes lost`;

/** Sends large orders, the first at once, until it is ended or has sent enough. */
function feed(bed: ClusterBed['bed'], records: number): { end(): Promise<void> } {
  const ending = new AbortController();
  const feeding = (async () => {
    for (let sent = 0; sent < MOST_FED && !ending.signal.aborted; sent += 1) {
      await sendOrder(bed, { records, repeat: 50 });
      await sleep(FEED_EVERY_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  return {
    async end() {
      ending.abort();
      await feeding;
    },
  };
}

/** Seconds from now until an order sent now is complete; null after the limit. */
async function untilOrderPasses(bed: ClusterBed['bed']): Promise<number | null> {
  const began = Date.now();
  const orderNo = await sendOrder(bed, { records: PROBE_RECORDS });
  try {
    await until('the order is complete', RECOVER_LIMIT_MS, () => isComplete(bed, [orderNo]));
    return (Date.now() - began) / 1_000;
  } catch {
    return null;
  }
}

export async function isComplete(bed: ClusterBed['bed'], orders: readonly string[]): Promise<boolean> {
  const complete = new Set(
    (await ledgerOf(bed)).filter(({ status }) => status === 'COMPLETE').map((row) => row.order_no),
  );
  return orders.every((orderNo) => complete.has(orderNo));
}
