import { setImmediate as turn } from 'node:timers/promises';

type Waiting<Item> = { item: Item; resolve: () => void; reject: (error: unknown) => void };

/**
 * Many callers, one work at a time: what comes while the work is under way goes into the next one together. An item that
 * finds nothing under way waits for those of the same turn only.
 *
 * An item's call resolves when its work did, and fails only by its own fault: where a joint work fails, each of its items
 * is worked on again alone. So the work has to bear that a part of it was done already.
 */
export function joinCalls<Item>(work: (items: readonly Item[]) => Promise<void>): (item: Item) => Promise<void> {
  const waiting: Waiting<Item>[] = [];
  let isWorking = false;

  const settle = async (taken: readonly Waiting<Item>[]): Promise<void> => {
    try {
      await work(taken.map(({ item }) => item));
      for (const { resolve } of taken) resolve();
    } catch (error) {
      if (taken.length === 1) taken[0]!.reject(error);
      else await Promise.all(taken.map((each) => settle([each])));
    }
  };

  const workAll = async (): Promise<void> => {
    isWorking = true;
    await turn();
    while (waiting.length > 0) await settle(waiting.splice(0));
    isWorking = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWorking) void workAll();
    });
}
