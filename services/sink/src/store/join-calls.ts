import { setImmediate as turn } from 'node:timers/promises';

type Waiting<Item> = { item: Item; resolve: () => void; reject: (error: unknown) => void };

/**
 * Runs one work at a time for many callers. Items that arrive meanwhile are combined into the next work. If no work is running,
 * an item waits only for the other items of the same turn of the event loop.
 *
 * A call resolves when the work with its item has succeeded. If a combined work fails, each of its items is tried again alone,
 * so that a call fails only by its own fault. So the work must tolerate that a part of it is done already.
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
