import { setImmediate as turn } from 'node:timers/promises';

type Waiting<Item> = { item: Item; resolve: () => void; reject: (error: unknown) => void };

/**
 * Many callers, few works at a time: what comes while as many as `atOnce` are under way goes into the next one together, up
 * to `mostWeight` (a heavier item goes alone). Otherwise an item waits for those of the same turn only.
 *
 * An item's call resolves when its work did, and fails only by its own fault: where a joint work fails, each of its items
 * is worked on again alone. So the work has to bear that a part of it was done already.
 */
export function joinCalls<Item>(input: {
  work: (items: readonly Item[]) => Promise<void>;
  weightOf: (item: Item) => number;
  mostWeight: number;
  atOnce: number;
}): (item: Item) => Promise<void> {
  const { work, weightOf, mostWeight, atOnce } = input;
  const waiting: Waiting<Item>[] = [];
  let working = 0;

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

  const workOn = async (): Promise<void> => {
    working += 1;
    await turn();
    while (waiting.length > 0) await settle(takeNext());
    working -= 1;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (working < atOnce) void workOn();
    });
}
