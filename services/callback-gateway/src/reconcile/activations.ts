import { once } from 'node:events';
import type { Coverage } from 'qcc-core/kafka/messages/coverage-fact';

/** When QCC's calls were activated, by whoever it was: an instance of the gateway, or a person with `npx qcc`. */
export type Activations = {
  /** Told of every fact on `coverage`, in whatever order. */
  note(fact: Coverage): void;
  /**
   * Resolves once there is an activation after `at` (ms), or when the signal aborts; at once if there is one already. Each activation ends
   * only one wait, so that an activation that another clock dates into the future does not cause a loop of polls.
   */
  after(at: number, signal: AbortSignal): Promise<void>;
};

/** QCC says either where the callback is active. */
const ACTIVE: readonly string[] = ['QCC_200', 'QCC_201'];

export function createActivations({ account }: { account: string }): Activations {
  let lastAt = Number.NEGATIVE_INFINITY;
  let toldAt = lastAt;
  let next = Promise.withResolvers<void>();
  return {
    note(fact) {
      if (fact.kind !== 'ACTIVATED' || fact.account !== account || !ACTIVE.includes(fact.result)) return;
      lastAt = Math.max(lastAt, fact.at);
      next.resolve();
      next = Promise.withResolvers();
    },
    async after(at, signal) {
      while (lastAt <= Math.max(at, toldAt) && !signal.aborted) {
        await Promise.race([next.promise, once(signal, 'abort')]);
      }
      toldAt = lastAt;
    },
  };
}
