import { setImmediate as turn } from 'node:timers/promises';

type Waiting<Item> = { item: Item; resolve: () => void; reject: (error: unknown) => void };

/**
 * Many callers, one work at a time: what comes while the work is under way goes into the next one together, up to
 * `mostWeight` (a heavier item goes alone). An item that finds nothing under way waits for those of the same turn only.
 *
 * An item's call resolves when its work did, and fails only by its own fault: where a joint work fails, each of its items
 * is worked on again alone. So the work has to bear that a part of it was done already.
 */
export function joinCalls<Item>(input: {
  work: (items: readonly Item[]) => Promise<void>;
  weightOf: (item: Item) => number;
  mostWeight: number;
}): (item: Item) => Promise<void> {
  const { work, weightOf, mostWeight } = input;
  const waiting: Waiting<Item>[] = [];
  let isWorking = false;

  const takeNext = (): Waiting<Item>[] => {
    let weight = 0;
    const tooHeavy = waiting.findIndex(({ item }) => {
      weight += weightOf(item);
      return weight > mostWeight;
    });
    return waiting.splice(0, tooHeavy === -1 ? waiting.length : Math.max(1, tooHeavy));
  };

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
    while (waiting.length > 0) await settle(takeNext());
    isWorking = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWorking) void workAll();
    });
}
