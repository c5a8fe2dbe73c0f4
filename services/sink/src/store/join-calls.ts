import { setImmediate as turn } from 'node:timers/promises';

type Waiting<Item> = { item: Item; resolve: () => void; reject: (error: unknown) => void };

/**
 * Combines calls of `work`. Items that arrive while it runs go into its next call, which begins when the running one ends. If it does not
 * run, an item waits only for the other items of the same turn of the event loop.
 *
 * The promise of an item resolves when `work` has succeeded with it. If a combined call fails, each item is tried again alone, in parallel,
 * so that an item fails only by its own fault. So `work` must accept items that are done already, and must allow calls at the same time.
 */
export function joinCalls<Item>(work: (items: readonly Item[]) => Promise<void>): (item: Item) => Promise<void> {
  const waiting: Waiting<Item>[] = [];
  let isRunning = false;

  const settle = async (taken: readonly Waiting<Item>[]): Promise<void> => {
    try {
      await work(taken.map(({ item }) => item));
      for (const { resolve } of taken) resolve();
    } catch (error) {
      if (taken.length === 1) taken[0]!.reject(error);
      else await Promise.all(taken.map((each) => settle([each])));
    }
  };

  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    await turn();
    while (waiting.length > 0) await settle(waiting.splice(0));
    isRunning = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      void run();
    });
}
