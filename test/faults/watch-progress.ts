import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../../scripts/run-services.ts';
import { ledgerOf } from '../harness/audit.ts';
import type { Fleet } from '../harness/instances.ts';
import type { TestBed } from '../harness/pipeline.ts';

const STUCK_AFTER_MS = 120_000;
const EVERY_MS = 2_000;

/** Orders without progress, in words. */
export type Progress = {
  /** Those that are stuck now. */
  stuck(): string[];
  /** Those that are stuck or were it once: a later fault may have freed them. */
  everStuck(): string[];
};

/** What can be seen at a moment: whether all services are ready, and each open order with what the ledger shows of it. */
type Look = { at: number; isReady: boolean; open: ReadonlyMap<string, string> };

/**
 * An order is stuck if it is open, the ledger has shown no change of it for two minutes, and all services have been ready for that time.
 * No operator would notice it.
 */
export function createProgress(): Progress & { note(look: Look): void; forget(): void } {
  const waiting = new Map<string, { shown: string; since: number }>();
  const now = new Map<string, string>();
  const ever = new Map<string, string>();
  const inWords = (orders: ReadonlyMap<string, string>) => [...orders].map(([orderNo, shown]) => `${orderNo} ${shown}`);
  const forget = () => {
    waiting.clear();
    now.clear();
  };
  return {
    note({ at, isReady, open }) {
      if (!isReady) forget();
      now.clear();
      for (const orderNo of waiting.keys()) if (!open.has(orderNo)) waiting.delete(orderNo);
      for (const [orderNo, shown] of open) {
        const known = waiting.get(orderNo);
        if (known?.shown !== shown) waiting.set(orderNo, { shown, since: at });
        else if (at - known.since > STUCK_AFTER_MS) now.set(orderNo, shown);
      }
      for (const [orderNo, shown] of now) ever.set(orderNo, shown);
    },
    forget,
    stuck: () => inWords(now),
    everStuck: () => inWords(ever),
  };
}

/** A fleet whose orders are watched from its start to its end. */
export type WatchedFleet = Fleet & { progress: Progress };

/** @param fleet Ends with the one that is returned. */
export function watchFleet(bed: TestBed, fleet: Fleet): WatchedFleet {
  const ending = new AbortController();
  const progress = createProgress();

  const look = async (): Promise<void> => {
    const ledger = new Map((await ledgerOf(bed)).map((row) => [row.order_no, row]));
    const open = new Map<string, string>();
    for (const { orderNo } of bed.simulator.orders()) {
      const row = ledger.get(orderNo);
      if (row?.status !== 'COMPLETE') open.set(orderNo, row ? JSON.stringify(row) : 'it is not in the ledger');
    }
    // QCC may refuse details for longer than two minutes because the row has told it to.
    const { codes, quota } = bed.simulator.faults.current;
    const isQccOpen = Object.keys({ ...codes, ...quota }).length === 0;
    progress.note({ at: Date.now(), isReady: isQccOpen && (await isReady(fleet)), open });
  };
  const watching = (async () => {
    while (!ending.signal.aborted) {
      // A ledger that cannot be asked now says nothing about orders.
      await look().catch(progress.forget);
      await sleep(EVERY_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();

  return {
    ...fleet,
    progress,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await watching;
      await fleet[Symbol.asyncDispose]();
    },
  };
}

/** Whether each service has an instance and all instances say that they are ready. A row may have taken a service away. */
async function isReady(fleet: Fleet): Promise<boolean> {
  const running = fleet.running();
  if (!SERVICES.every((name) => running.some(({ service }) => service === name))) return false;
  return (await Promise.all(running.map((instance) => instance.problems()))).every((problem) => problem === '');
}
