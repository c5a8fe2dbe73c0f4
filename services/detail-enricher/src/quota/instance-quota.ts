import type { Log } from 'qcc-core/base/logs';
import type { Metrics } from 'qcc-core/base/metrics';
import { nextShanghaiMidnight } from 'qcc-core/base/shanghai-time';
import type { Charge, QuotaCounter } from './quota-counter.ts';

/**
 * The part of rate and daily budget that belongs to one instance: the shares of the partitions whose lanes it holds. A call
 * may be charged to any of them, so the most urgent lookup goes first as long as one share has calls left.
 */
export type InstanceQuota = Disposable & {
  /** Adds the share of a partition, until its lane ends. */
  add(counter: QuotaCounter): void;
  /** When each partition came that is held now, by the clock `uptime`. */
  heldSince(): readonly number[];
  /** The lowest partition that is held; Infinity if none is. */
  lowestPartition(): number;
  /** Whether no call is left until the next Shanghai day. */
  isSpent(): boolean;
  /** Charges a call before it is made; null if no call is left. */
  charge(): Promise<Charge | null>;
  /** Calls the listener when partitions come or go, and when a new day begins. */
  onChange(listener: () => void): void;
};

export function createInstanceQuota(deps: {
  now: () => number;
  /** Milliseconds of a clock that is never put back. */
  uptime: () => number;
  log: Pick<Log, 'warn'>;
  metrics: Pick<Metrics, 'detailBudgetLeft'>;
}): InstanceQuota {
  const { now, uptime, log, metrics } = deps;
  const held = new Map<number, { counter: QuotaCounter; since: number }>();
  const listeners: (() => void)[] = [];
  let midnight: NodeJS.Timeout | undefined;

  const remaining = (): number => held.values().reduce((sum, { counter }) => sum + counter.remaining(), 0);
  const isSpent = (): boolean => held.size > 0 && remaining() === 0;

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

  /** A counter that need not wait for the brokers, otherwise the one with the most calls left. */
  const choose = (): QuotaCounter | undefined => {
    const able = [...held.values()].map(({ counter }) => counter).filter((counter) => counter.remaining() > 0);
    return able.find((counter) => counter.hasRoom()) ?? able.sort((a, b) => b.remaining() - a.remaining())[0];
  };

  return {
    add(counter) {
      const { partition } = counter;
      // A lane may break while its counter is opened. Its signal does not fire again, so nothing would remove the counter.
      if (counter.signal.aborted) return;
      held.set(partition, { counter, since: uptime() });
      counter.signal.addEventListener(
        'abort',
        () => {
          if (held.get(partition)?.counter !== counter) return;
          held.delete(partition);
          changed();
        },
        { once: true },
      );
      changed();
    },
    heldSince: () => Array.from(held.values(), ({ since }) => since),
    lowestPartition: () => Math.min(Number.POSITIVE_INFINITY, ...held.keys()),
    isSpent,
    async charge() {
      for (let counter = choose(); counter; counter = choose()) {
        const charge = await counter.charge();
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
