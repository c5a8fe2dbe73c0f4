/** The arithmetic of the limits on paid calls: shares of the daily budget, the counts of a day, and the rate. */
import type { DetailSpend } from 'qcc-core/contract/domain';

/**
 * The calls per day that belong to one partition of `records`. The shares are whole numbers that differ by at most one and
 * add up to the budget. The instances together never exceed the budget, whichever partitions each of them holds.
 */
export const budgetShare = (budget: number, partition: number, partitions: number): number =>
  Math.floor((budget * (partition + 1)) / partitions) - Math.floor((budget * partition) / partitions);

/**
 * How many calls of a partition's share are reserved at a time. Five seconds of calls bridge slow brokers. A crash wastes a
 * reservation, so it is at most a twentieth of the share, but at least one second of calls.
 */
export const reservedAtATime = (share: number, callsPerSecond: number): number =>
  Math.ceil(Math.max(callsPerSecond, Math.min(5 * callsPerSecond, share / 20)));

/** The paid calls of one Shanghai day in one partition. */
export type DayCount = {
  /** Days since 1970-01-01. */
  day: number;
  /** Calls that have begun. */
  begun: number;
  /** Calls that may begin. This number is already durable. */
  reserved: number;
  /** Calls by response, keyed by endpoint and code. */
  counts: Map<string, { endpoint: string; code: string; count: number }>;
};

/** Stands for calls whose response was lost with their instance. QCC may bill them. */
export const UNSEEN_CALL = { endpoint: 'unknown', code: 'ANSWER_LOST' } as const;

export const emptyDay = (day: number): DayCount => ({ day, begun: 0, reserved: 0, counts: new Map() });

export function countCall(today: DayCount, { endpoint, code }: { endpoint: string; code: string }, count = 1): void {
  const key = `${endpoint}|${code}`;
  today.counts.set(key, { endpoint, code, count: (today.counts.get(key)?.count ?? 0) + count });
}

/** Calls that have begun and have no response yet. */
export const inFlight = ({ begun, counts }: DayCount): number =>
  begun - [...counts.values()].reduce((sum, { count }) => sum + count, 0);

/** The day as another owner left it. Calls that it reserved and did not count are taken for spent. */
export function resumeDay({ day, reserved, calls }: DetailSpend): DayCount {
  const resumed: DayCount = { day, begun: reserved, reserved, counts: new Map() };
  for (const call of calls) countCall(resumed, call, call.count);
  const unseen = inFlight(resumed);
  if (unseen > 0) countCall(resumed, UNSEEN_CALL, unseen);
  return resumed;
}

/** Allowance for network jitter: the rate is meant to hold at QCC, where calls arrive. */
const JITTER_MS = 35;
/** Time in each second that the even pace leaves free for calls that start late. */
const SLACK_MS = 5;
/** Lateness beyond this is not made up for. */
const MOST_LATE_MS = 1_000;
/** A partition's share counts after this time. By then the last calls of its former owner are more than a second old. */
export const SHARE_DELAY_MS = 1_000 + JITTER_MS;

/**
 * The starts of one instance's calls. The instance may use the part of the rate that belongs to its partitions. It starts at
 * most as many calls in any second as this part has whole calls. If the part is less than one call a second, it starts single
 * calls at longer intervals. Calls keep an even pace, and if one starts late the next ones make up for it.
 *
 * The instances together therefore never exceed the rate in any second, also while partitions move, if the rate is at least
 * one call for each partition.
 */
export class RateLimit {
  readonly #limits: { ratePerSecond: number; partitions: number };
  /** When the latest calls started, the oldest first. */
  #starts: number[] = [];
  #nextAt = 0;

  constructor(limits: { ratePerSecond: number; partitions: number }) {
    this.#limits = limits;
  }
  /**
   * Starts a call now, if the rate allows it, and returns 0. Otherwise returns the milliseconds to wait before the next try,
   * Infinity if the instance holds no partition. All times are milliseconds of a clock that is never put back.
   * @param heldSince When the instance got each partition that it holds.
   */
  tryStart({ askedAt, heldSince, now }: { askedAt: number; heldSince: readonly number[]; now: number }): number {
    const { ratePerSecond, partitions } = this.#limits;
    const firstShareAt = Math.min(...heldSince) + SHARE_DELAY_MS;
    if (firstShareAt > now) return firstShareAt - now;
    const shares = heldSince.filter((since) => since + SHARE_DELAY_MS <= now).length;
    const rate = (ratePerSecond * shares) / partitions;
    const calls = Math.max(1, Math.floor(rate));
    const secondMs = Math.max(1_000, (1_000 * calls) / rate) + JITTER_MS;
    const place = Math.max(this.#nextAt, askedAt, firstShareAt);
    const startAt = Math.max(place, (this.#starts.at(-calls) ?? Number.NEGATIVE_INFINITY) + secondMs);
    if (startAt > now) return startAt - now;
    this.#nextAt = Math.max(place, now - MOST_LATE_MS) + (secondMs + SLACK_MS) / calls;
    this.#starts.push(now);
    if (this.#starts.length >= 2 * calls) this.#starts = this.#starts.slice(-calls);
    return 0;
  }
}
