import { setTimeout as sleep } from 'node:timers/promises';

/** Tracks whether records are being stored, so that less urgent work can wait. */
export type StoreLoad = {
  /** Call it when storing begins, and dispose the result when storing ends. */
  begin(): Disposable;
  /** Resolves once no records were stored for `quietMs`, or after `mostMs`. Rejects when the signal aborts. */
  untilQuiet(signal: AbortSignal): Promise<void>;
};

/** While records are stored, how long to wait before looking again. */
const LOOK_EVERY_MS = 50;

export function createStoreLoad({ quietMs, mostMs }: { quietMs: number; mostMs: number }): StoreLoad {
  let running = 0;
  let endedAt = Number.NEGATIVE_INFINITY;
  return {
    begin() {
      running += 1;
      return {
        [Symbol.dispose]() {
          running -= 1;
          endedAt = performance.now();
        },
      };
    },
    async untilQuiet(signal) {
      const lastAt = performance.now() + mostMs;
      for (;;) {
        const now = performance.now();
        const quietAt = running > 0 ? Number.POSITIVE_INFINITY : endedAt + quietMs;
        if (now >= quietAt || now >= lastAt) return;
        const lookAt = running > 0 ? now + LOOK_EVERY_MS : quietAt;
        await sleep(Math.ceil(Math.min(lookAt, lastAt) - now), undefined, { signal });
      }
    },
  };
}
