import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { nextShanghaiMidnight } from 'qcc-core/base/shanghai-time';
import type { Charge, SpendLedger } from './spend-ledger.ts';

/**
 * This instance's part of rate and budget: the shares of the partitions whose lanes it holds. A call is charged to any of
 * them, whichever record it is for, so that the most urgent goes first as long as one has something left.
 */
export type Spending = Disposable & {
  /** Takes a partition's books in, until its lane ends. */
  add(ledger: SpendLedger): void;
  /** The share of all partitions that is held, above 0. */
  heldShare(): number;
  /** The lowest partition that is held, Infinity where none is. */
  lowestPartition(): number;
  /** Whether nothing is left until the next Shanghai day. */
  isSpent(): boolean;
  /** Charges a call before it is made; null where nothing is left. */
  charge(): Promise<Charge | null>;
  /** Called when partitions come or go, and when a new day begins. */
  onChange(listener: () => void): void;
};

export function createSpending(deps: {
  /** Of the topic `records`. */
  partitions: number;
  now: () => number;
  log: Pick<Log, 'warn'>;
  metrics: Pick<Metrics, 'detailBudgetLeft'>;
}): Spending {
  const { partitions, now, log, metrics } = deps;
  const ledgers = new Map<number, SpendLedger>();
  const listeners: (() => void)[] = [];
  let midnight: NodeJS.Timeout | undefined;

  const remaining = (): number => ledgers.values().reduce((sum, ledger) => sum + ledger.remaining(), 0);
  const isSpent = (): boolean => ledgers.size > 0 && remaining() === 0;

  const changed = (): void => {
    metrics.detailBudgetLeft.set(remaining());
    for (const listener of listeners) listener();
  };

  const awaitMidnight = (): void => {
    midnight = setTimeout(() => {
      awaitMidnight();
      changed();
    }, nextShanghaiMidnight(now()) - now());
  };
  awaitMidnight();

  /** One that need not wait for the brokers, else the one with the most left. */
  const choose = (): SpendLedger | undefined => {
    const able = [...ledgers.values()].filter((ledger) => ledger.remaining() > 0);
    return able.find((ledger) => ledger.hasRoom()) ?? able.sort((a, b) => b.remaining() - a.remaining())[0];
  };

  return {
    add(ledger) {
      ledgers.set(ledger.partition, ledger);
      ledger.signal.addEventListener(
        'abort',
        () => {
          if (ledgers.get(ledger.partition) !== ledger) return;
          ledgers.delete(ledger.partition);
          changed();
        },
        { once: true },
      );
      changed();
    },
    heldShare: () => Math.max(1, ledgers.size) / partitions,
    lowestPartition: () => Math.min(Number.POSITIVE_INFINITY, ...ledgers.keys()),
    isSpent,
    async charge() {
      for (let ledger = choose(); ledger; ledger = choose()) {
        const charge = await ledger.begin();
        if (!charge) continue;
        metrics.detailBudgetLeft.set(remaining());
        if (isSpent()) {
          const until = new Date(nextShanghaiMidnight(now())).toISOString();
          log.warn(`this instance's share of DETAIL_DAILY_BUDGET is used up: no detail calls until ${until}`);
          changed();
        }
        return charge;
      }
      return null;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    [Symbol.dispose]: () => clearTimeout(midnight),
  };
}
