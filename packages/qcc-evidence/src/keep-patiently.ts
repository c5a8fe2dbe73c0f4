import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from 'qcc-core/base/backoff';
import { describeError } from 'qcc-core/base/errors';
import type { Health } from 'qcc-core/base/health';
import type { Log } from 'qcc-core/base/logs';
import { EvidenceError } from './store.ts';

/** What `/readyz` calls the store. */
const HEALTH_PART = 'evidence';
const PAUSE_MS = { first: 200, most: 10_000 } as const;

/**
 * Repeats an action on the evidence store until it succeeds. Work that must not continue before something is kept waits here while
 * the store is unavailable. The log and `health` report the wait.
 * @throws the signal's reason, EvidenceError `altered`, and other errors than EvidenceError.
 */
export async function keepPatiently<Value>(
  { health, log }: { health: Pick<Health, 'set'>; log: Pick<Log, 'error' | 'info'> },
  { what, signal }: { what: string; signal: AbortSignal },
  action: () => Promise<Value>,
): Promise<Value> {
  let failures = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      try {
        const value = await action();
        if (failures > 0) log.info({ failures }, `${what} is kept now`);
        return value;
      } catch (error) {
        if (!(error instanceof EvidenceError) || error.kind !== 'unavailable') throw error;
        health.set(HEALTH_PART, `${what} cannot be kept yet: ${error.message}`);
        log.error({ failures }, `${what} cannot be kept yet, its processing waits: ${describeError(error)}`);
        const pauseMs = backoffMs(PAUSE_MS, failures);
        failures += 1;
        await sleep(pauseMs, undefined, { signal });
      }
    }
  } finally {
    if (failures > 0) health.set(HEALTH_PART, null);
  }
}
