import type { AvroCodec } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import { shanghaiDayNumber } from 'qcc-core/base/shanghai-time';
import type { DetailSpend } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { Table } from 'qcc-core/kafka/exactly-once/table';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { budgetShare, countCall, type DayCount, emptyDay, inFlight, reservedAtATime, resumeDay } from './limits.ts';

/** Counts the calls that one partition's share of the daily budget has paid for, as long as its lane lives. */
export type QuotaCounter = {
  readonly partition: number;
  readonly signal: AbortSignal;
  /** Calls that may still begin today. */
  remaining(): number;
  /** Whether a call may begin without waiting for the brokers. */
  hasRoom(): boolean;
  /** Charges one call as soon as that is durable; null if the share is used up or the lane is broken. */
  charge(): Promise<Charge | null>;
};

/** A call that was paid for. It either ends or is cancelled, once. */
export type Charge = {
  /** Its response is known. */
  end(call: { endpoint: string; code: string }): void;
  /** It was not made. */
  cancel(): void;
};

export type QuotaCounterDeps = {
  account: string;
  codec: Pick<AvroCodec, 'encode'>;
  /** Calls per day that belong to the partition. */
  share: number;
  /** Calls that are reserved at a time: a crash may waste them, and they share a transaction. */
  blockSize: number;
  now: () => number;
  log: Pick<Log, 'warn'>;
};

/** Responses that arrive within this time are counted in one transaction. */
const LINGER_MS = 500;

/**
 * Reserves calls before they begin and counts them when their responses are known. Both are absolute numbers on
 * `detail-spend`, written by transactions of the lane. A crash wastes the reserved calls and never spends them twice. A frozen
 * owner that wakes can make only the calls that it had reserved, and the next owner takes these for spent.
 */
export function createQuotaCounter(deps: QuotaCounterDeps, lane: Lane, entries: readonly DetailSpend[]): QuotaCounter {
  const { account, codec, share, blockSize, now, log } = deps;
  const dirty = new Set<DayCount>();
  let waiting = 0;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const resumed = entries.map((entry) => ({ entry, count: resumeDay(entry) }));
  for (const { entry, count } of resumed) if (count.counts.size > entry.calls.length) dirty.add(count);
  const countOf = (day: number) => resumed.find(({ count }) => count.day === day)?.count ?? emptyDay(day);

  let current = countOf(shanghaiDayNumber(now()));
  const today = (): DayCount => {
    const day = shanghaiDayNumber(now());
    // Never backwards: if a clock is put back, a day must not begin again.
    if (day > current.day) current = countOf(day);
    return current;
  };

  /** How many calls to reserve: some ahead while there is work, only the calls that have begun if there is none. */
  const reservation = (count: DayCount): number => {
    const isBusy = waiting > 0 || inFlight(count) > 0;
    if (!isBusy) return count.begun;
    return count === current ? Math.max(count.begun, Math.min(share, count.begun + blockSize)) : count.reserved;
  };

  const toMessage = (count: DayCount, reserved: number): Outgoing => {
    const { day } = count;
    const { partition } = lane;
    const value: DetailSpend = {
      account,
      day,
      partition,
      reserved,
      calls: [...count.counts.values()],
      updatedAt: now(),
    };
    return {
      topic: TOPICS.detailSpend,
      key: quotaKey(value),
      value: codec.encode('detail-spend', value),
      partition,
    };
  };

  const writeCounts = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const counts = [...new Set([...dirty, today()])];
    dirty.clear();
    const reserved = new Map<DayCount, number>();
    try {
      await lane.transact(async (transaction) => {
        for (const count of counts) {
          const next = reservation(count);
          reserved.set(count, next);
          // Calls that are given back must not be used while that becomes durable.
          count.reserved = Math.min(count.reserved, next);
        }
        await transaction.send(counts.map((count) => toMessage(count, reserved.get(count) ?? count.begun)));
      });
      for (const [count, next] of reserved) count.reserved = next;
    } catch (error) {
      log.warn({ partition: lane.partition }, `detail calls are not counted by this owner: ${describeError(error)}`);
    }
  };

  const write = (): Promise<void> => {
    writing ??= writeCounts().finally(() => {
      writing = undefined;
      // Responses that arrived meanwhile may have found their day written already.
      writeSoon();
    });
    return writing;
  };

  const writeSoon = (): void => {
    if (dirty.size === 0 || lane.signal.aborted) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void write();
    }, LINGER_MS);
  };

  const changed = (count: DayCount): void => {
    dirty.add(count);
    writeSoon();
  };

  const chargeTo = (count: DayCount): Charge => {
    count.begun += 1;
    if (count.reserved - count.begun < blockSize / 2 && count.reserved < share) void write();
    return {
      end(call) {
        countCall(count, call);
        changed(count);
      },
      cancel() {
        count.begun -= 1;
        changed(count);
      },
    };
  };

  lane.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  writeSoon();
  return {
    partition: lane.partition,
    signal: lane.signal,
    remaining: () => Math.max(0, share - today().begun),
    hasRoom: () => today().begun < Math.min(share, today().reserved),
    async charge() {
      waiting += 1;
      try {
        while (!lane.signal.aborted && today().begun < share) {
          const count = today();
          if (count.begun < count.reserved) return chargeTo(count);
          await write();
        }
        return null;
      } finally {
        waiting -= 1;
      }
    },
  };
}

/** Key on `detail-spend`. */
export const quotaKey = ({ account, day, partition }: Pick<DetailSpend, 'account' | 'day' | 'partition'>): string =>
  `${account}|${day}|${partition}`;

/** Days whose counts stay on the topic. ClickHouse keeps all of them. */
const KEPT_DAYS = 90;

/**
 * The counter of a lane's partition, as of the last committed transaction. The topic `detail-spend` is its table. Days that
 * are older than `KEPT_DAYS` leave the topic.
 */
export async function openQuotaCounter(
  deps: Pick<QuotaCounterDeps, 'account' | 'now' | 'log'> & {
    codec: AvroCodec;
    table: Table;
    /** Calls a day and calls a second, of all instances together. */
    dailyBudget: number;
    ratePerSecond: number;
  },
  lane: Lane,
): Promise<QuotaCounter> {
  const { account, codec, table, now } = deps;
  const { partition } = lane;
  const { partitions } = TOPICS.records;
  const share = budgetShare(deps.dailyBudget, partition, partitions);
  await table.catchUp(partition, (marker) => lane.transact((transaction) => transaction.send([marker])), lane.signal);
  const values = [...table.entries(partition)].map(([, value]) => value);
  const entries = await Promise.all(values.map((value) => codec.decode('detail-spend', value)));
  const own = entries.filter((entry) => entry.account === account);

  const firstDay = shanghaiDayNumber(now()) - KEPT_DAYS;
  const outdated = own.filter(({ day }) => day < firstDay);
  if (outdated.length > 0) {
    const removals = outdated.map((entry) => ({
      topic: TOPICS.detailSpend,
      key: quotaKey(entry),
      value: null,
      partition,
    }));
    await lane.transact((transaction) => transaction.send(removals));
  }
  const blockSize = reservedAtATime(share, deps.ratePerSecond / partitions);
  return createQuotaCounter(
    { ...deps, share, blockSize },
    lane,
    own.filter(({ day }) => day >= firstDay),
  );
}
