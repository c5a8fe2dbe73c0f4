import type { AvroCodec } from 'qcc-core/avro/codec';
import { describeError } from 'qcc-core/base/errors';
import type { Log } from 'qcc-core/base/logs';
import { shanghaiDayNumber } from 'qcc-core/base/shanghai-time';
import type { DetailSpend } from 'qcc-core/contract/domain';
import { TOPICS } from 'qcc-core/contract/topics';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import type { Outgoing } from 'qcc-core/kafka/wire/outgoing';
import { countCall, emptyPage, inFlight, resumePage, type SpendPage } from './spend-page.ts';

/** The books of one partition's share of the daily budget, as long as its lane lives. */
export type SpendLedger = {
  readonly partition: number;
  readonly signal: AbortSignal;
  /** Calls that may still begin today. */
  remaining(): number;
  /** Whether one may begin without waiting for the brokers. */
  hasRoom(): boolean;
  /** Charges one call, once that is durable; null where the share is used up or the lane lost. */
  begin(): Promise<Charge | null>;
};

/** A call that was paid for; ends once, one way or the other. */
export type Charge = {
  /** It came back. */
  end(call: { endpoint: string; code: string }): void;
  /** It was not made after all. */
  cancel(): void;
};

export type SpendLedgerDeps = {
  account: string;
  codec: Pick<AvroCodec, 'encode'>;
  /** Calls the partition may cost a day. */
  share: number;
  /** Calls that are reserved at a time: so many a crash may waste, so many share a transaction. */
  blockSize: number;
  now: () => number;
  log: Pick<Log, 'warn'>;
};

/** Answers that come this close together are counted in one transaction. */
const LINGER_MS = 500;

/**
 * Reserves calls before they begin and counts them when they came back, both as absolute numbers on `detail-spend`, by
 * transactions of the lane: a crash wastes what was reserved and never spends twice, and a frozen owner that wakes can
 * make no more calls than it had reserved, which the next owner takes for spent.
 */
export function createSpendLedger(deps: SpendLedgerDeps, lane: Lane, found: readonly DetailSpend[]): SpendLedger {
  const { account, codec, share, blockSize, now, log } = deps;
  const dirty = new Set<SpendPage>();
  let waiting = 0;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const resumed = found.map((entry) => ({ entry, page: resumePage(entry) }));
  for (const { entry, page } of resumed) if (page.counts.size > entry.calls.length) dirty.add(page);
  const pageOf = (day: number) => resumed.find(({ page }) => page.day === day)?.page ?? emptyPage(day);

  let current = pageOf(shanghaiDayNumber(now()));
  const today = (): SpendPage => {
    const day = shanghaiDayNumber(now());
    // Never backwards: a clock that is put back must not begin a day again.
    if (day > current.day) current = pageOf(day);
    return current;
  };

  /** What is to stand as reserved: some calls ahead while there is work, no more than has begun when there is none. */
  const reservation = (page: SpendPage): number => {
    const isBusy = waiting > 0 || inFlight(page) > 0;
    if (!isBusy) return page.begun;
    return page === current ? Math.max(page.begun, Math.min(share, page.begun + blockSize)) : page.reserved;
  };

  const toMessage = (page: SpendPage, reserved: number): Outgoing => {
    const { day } = page;
    const { partition } = lane;
    const value: DetailSpend = {
      account,
      day,
      partition,
      reserved,
      calls: [...page.counts.values()],
      updatedAt: now(),
    };
    return {
      topic: TOPICS.detailSpend,
      key: spendKey(value),
      value: codec.encode('detail-spend', value),
      partition,
    };
  };

  const writePages = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const pages = [...new Set([...dirty, today()])];
    dirty.clear();
    const reserved = new Map<SpendPage, number>();
    try {
      await lane.transact(async (transaction) => {
        for (const page of pages) {
          const next = reservation(page);
          reserved.set(page, next);
          // What is given back must not be used while that becomes durable.
          page.reserved = Math.min(page.reserved, next);
        }
        await transaction.send(pages.map((page) => toMessage(page, reserved.get(page) ?? page.begun)));
      });
      for (const [page, next] of reserved) page.reserved = next;
    } catch (error) {
      log.warn({ partition: lane.partition }, `detail calls are not counted by this owner: ${describeError(error)}`);
    }
  };

  const write = (): Promise<void> => {
    writing ??= writePages().finally(() => {
      writing = undefined;
      // What came back meanwhile may have found its page written already.
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

  const changed = (page: SpendPage): void => {
    dirty.add(page);
    writeSoon();
  };

  const charge = (page: SpendPage): Charge => {
    page.begun += 1;
    if (page.reserved - page.begun < blockSize / 2 && page.reserved < share) void write();
    return {
      end(call) {
        countCall(page, call);
        changed(page);
      },
      cancel() {
        page.begun -= 1;
        changed(page);
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
    async begin() {
      waiting += 1;
      try {
        while (!lane.signal.aborted && today().begun < share) {
          const page = today();
          if (page.begun < page.reserved) return charge(page);
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
export const spendKey = ({ account, day, partition }: Pick<DetailSpend, 'account' | 'day' | 'partition'>): string =>
  `${account}|${day}|${partition}`;
