import type { Health } from './health.ts';

/** Checks whether a part of the environment responds. The caller disposes it. */
export type Probe = AsyncDisposable & {
  /** For people, with its address: `Kafka at 127.0.0.1:9092`. */
  what: string;
  /**
   * Sends a request that a healthy part answers at once. Resolves when the part answers: to null if it is healthy, otherwise to the
   * problem and the remedy. Rejects if it does not answer, and when the signal aborts.
   */
  ask(signal: AbortSignal): Promise<string | null>;
};

export type PartState =
  | { kind: 'well' }
  /** It answers, or its host does, and says no. */
  | { kind: 'refuses'; problem: string }
  | { kind: 'silent'; problem: string };

const TICKS_TO_LIMIT = 5;
/** Time without any response after which a part counts as silent. */
export const RESPONSE_LIMIT_MS = 5_000;

/**
 * Asks a part every second until disposed, and tells its state after each response, and once after each `limitMs` without
 * one. Counts ticks instead of time: a process that was paused reads its responses late. Its timer keeps no process alive.
 */
export function watchProbe(
  probe: Probe,
  onState: (state: PartState) => void,
  { limitMs = RESPONSE_LIMIT_MS }: { limitMs?: number } = {},
): AsyncDisposable {
  let isStopped = false;
  let asking: AbortController | undefined;
  let ticksWithoutResponse = 0;

  const ask = async () => {
    const current = new AbortController();
    asking = current;
    try {
      const problem = await probe.ask(current.signal);
      if (isStopped || asking !== current) return;
      ticksWithoutResponse = 0;
      onState(problem === null ? { kind: 'well' } : { kind: 'refuses', problem });
    } catch {
      // No response: the ticks tell how long.
    } finally {
      if (asking === current) asking = undefined;
    }
  };

  const timer = setInterval(() => {
    ticksWithoutResponse += 1;
    if (ticksWithoutResponse % TICKS_TO_LIMIT === 0) {
      asking?.abort();
      asking = undefined;
      onState({ kind: 'silent', problem: `${probe.what} does not answer within ${limitMs / 1_000} s` });
    }
    if (!asking) void ask();
  }, limitMs / TICKS_TO_LIMIT).unref();
  void ask();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      isStopped = true;
      asking?.abort();
      await probe[Symbol.asyncDispose]();
    },
  };
}

/** Keeps a part of `/readyz` up to date: it shows within 5 s that the part hangs or refuses requests. */
export const watchHealth = (
  probe: Probe,
  { health, healthPart }: { health: Pick<Health, 'set'>; healthPart: string },
): AsyncDisposable =>
  watchProbe(probe, (state) => health.set(healthPart, state.kind === 'well' ? null : state.problem));
