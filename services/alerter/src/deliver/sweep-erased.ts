import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { AlertState } from 'qcc-core/contract/domain';
import type { Lane } from 'qcc-core/kafka/exactly-once/lane';
import { noAlertStateMessage } from 'qcc-core/kafka/messages/alert-state';

/** Of each transaction. */
const MOST_TOMBSTONES = 10_000;
/** Before others have their turn. */
const ENTRIES_AT_ONCE = 5_000;

export type ErasureSweep = {
  /** Requests another sweep, because something was erased or an entry of an erased record was read. */
  wake(): void;
  /** Removes entries until the lane is lost. Rejects if a transaction fails. */
  run(): Promise<void>;
};

/**
 * Removes the entries of erased records from `alert-state`. The first sweep is at the start. Erasures that are read during a sweep share
 * the next one, so an erasure of many records costs few sweeps. An instance that reads an erasure later may still write an entry: the
 * owner of the lane reads it and wakes the sweep.
 */
export function createErasureSweep(deps: {
  entries: () => Iterable<[string, AlertState]>;
  isErased: (entry: AlertState) => boolean;
  lane: Pick<Lane, 'transact' | 'signal'>;
  /** Told of the entries once they are removed. */
  onRemoved: (keys: readonly string[]) => void;
}): ErasureSweep {
  const { signal } = deps.lane;
  let awake = Promise.withResolvers<void>();
  awake.resolve();
  signal.addEventListener('abort', () => awake.resolve(), { once: true });

  const findErased = async (): Promise<string[]> => {
    const found: string[] = [];
    let seen = 0;
    for (const [key, entry] of deps.entries()) {
      if (deps.isErased(entry)) found.push(key);
      seen += 1;
      if (seen % ENTRIES_AT_ONCE === 0) await endOfTurn();
    }
    return found;
  };

  return {
    wake: () => awake.resolve(),
    async run() {
      for (;;) {
        await awake.promise;
        if (signal.aborted) return;
        awake = Promise.withResolvers();
        const erased = await findErased();
        for (let at = 0; at < erased.length; at += MOST_TOMBSTONES) {
          const keys = erased.slice(at, at + MOST_TOMBSTONES);
          await deps.lane.transact(({ send }) => send(keys.map(noAlertStateMessage)));
          deps.onRemoved(keys);
        }
      }
    },
  };
}
