import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerOf } from '../harness/audit.ts';
import type { Fleet } from '../harness/instances.ts';
import type { TestBed } from '../harness/pipeline.ts';

const STUCK_AFTER_MS = 120_000;
const EVERY_MS = 1_000;

/**
 * Watches the ledger. An order is stuck if it is open, nothing about it has changed for two minutes, and every running
 * service has said all that time that it is ready: then nobody would be told.
 */
export function watchProgress(bed: TestBed, fleet: Fleet): AsyncDisposable & { stuck(): string[] } {
  const ending = new AbortController();
  const open = new Map<string, { shown: string; since: number }>();

  const look = async (): Promise<void> => {
    const ledger = new Map((await ledgerOf(bed)).map((row) => [row.order_no, row]));
    const problems = await Promise.all(fleet.running().map((instance) => instance.problems()));
    const isReady = problems.every((problem) => problem === '');
    const now = Date.now();
    for (const { orderNo } of bed.simulator.orders()) {
      const row = ledger.get(orderNo);
      const shown = row ? JSON.stringify(row) : 'it is not in the ledger';
      if (row?.status === 'COMPLETE') open.delete(orderNo);
      else if (!isReady || open.get(orderNo)?.shown !== shown) open.set(orderNo, { shown, since: now });
    }
  };
  const watching = (async () => {
    while (!ending.signal.aborted) {
      // A ledger or service that cannot be asked now does not count as stuck.
      await look().catch(() => open.clear());
      await sleep(EVERY_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();

  return {
    stuck: () =>
      [...open]
        .filter(([, { since }]) => Date.now() - since > STUCK_AFTER_MS)
        .map(([orderNo, { shown }]) => `${orderNo} ${shown}`),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await watching;
    },
  };
}
