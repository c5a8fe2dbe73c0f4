import { setImmediate as turn } from 'node:timers/promises';

type Waiting<Item> = { item: Item; resolve: () => void; reject: (error: unknown) => void };

export type JoinedWork<Item> = {
  work: (items: readonly Item[]) => Promise<void>;
  sizeOf: (item: Item) => number;
  /** If the items of the running work have at most this total size, a second work may start. */
  smallSize: number;
};

/**
 * Runs works for many callers. Items that arrive while a work is running are combined into the next one, which begins when the running one
 * ends. A second work begins at once only if the running one is small. If no work is running, an item waits only for the other items of the same
 * turn of the event loop.
 *
 * A call resolves when the work with its item has succeeded. If a combined work fails, each of its items is tried again alone,
 * so that a call fails only by its own fault. So the work must tolerate that a part of it is done already, and that another one runs.
 */
export function joinCalls<Item>({ work, sizeOf, smallSize }: JoinedWork<Item>): (item: Item) => Promise<void> {
  const waiting: Waiting<Item>[] = [];
  /** The sizes of the works that are running: none, one, or two if the first is small. */
  const running = new Set<{ size: number }>();
  let isGathering = false;

  const settle = async (taken: readonly Waiting<Item>[]): Promise<void> => {
    try {
      await work(taken.map(({ item }) => item));
      for (const { resolve } of taken) resolve();
    } catch (error) {
      if (taken.length === 1) taken[0]!.reject(error);
      else await Promise.all(taken.map((each) => settle([each])));
    }
  };

  const begin = async (): Promise<void> => {
    const taken = waiting.splice(0);
    const own = { size: taken.reduce((sum, { item }) => sum + sizeOf(item), 0) };
    running.add(own);
    await settle(taken);
    running.delete(own);
    // Not awaited, here and below: works would wait for all later ones, and keep their items.
    void gather();
  };

  const mayBegin = (): boolean => running.size < 2 && [...running].every(({ size }) => size <= smallSize);

  const gather = async (): Promise<void> => {
    if (isGathering) return;
    isGathering = true;
    await turn();
    isGathering = false;
    if (waiting.length > 0 && mayBegin()) void begin();
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      void gather();
    });
}
