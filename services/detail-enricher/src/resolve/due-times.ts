import { backoffMs } from 'qcc-core/base/backoff';
import TinyQueue from 'tinyqueue';

export type DueTimes<Item> = {
  /** @param at Milliseconds since the epoch. */
  add(at: number, item: Item): void;
  /** Forgets all of them. */
  clear(): void;
};

/** A longer one ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Items with different due times and one timer for all, because hundreds of thousands may wait. `onDue` gets the items whose time has
 * come, the earliest first. Items with the same time are in the order in which they were added.
 */
export function createDueTimes<Item>(deps: {
  now: () => number;
  onDue: (items: readonly Item[]) => void;
}): DueTimes<Item> {
  type Entry = { at: number; place: number; item: Item };
  const openQueue = () => new TinyQueue<Entry>([], (a, b) => a.at - b.at || a.place - b.place);
  let queue = openQueue();
  let added = 0;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  const awaitFirst = (): void => {
    const first = queue.peek();
    if (!first || first.at >= timerAt) return;
    clearTimeout(timer);
    timerAt = first.at;
    timer = setTimeout(ring, Math.min(Math.max(0, first.at - deps.now()), LONGEST_TIMER_MS));
  };

  const ring = (): void => {
    timerAt = Number.POSITIVE_INFINITY;
    const due: Item[] = [];
    while (queue.length > 0 && queue.peek()!.at <= deps.now()) due.push(queue.pop()!.item);
    if (due.length > 0) deps.onDue(due);
    awaitFirst();
  };

  return {
    add(at, item) {
      queue.push({ at, place: added++, item });
      awaitFirst();
    },
    clear() {
      clearTimeout(timer);
      timerAt = Number.POSITIVE_INFINITY;
      queue = openQueue();
    },
  };
}

const FIRST_MS = 1_000;
/** Spreads what failed at once, as a share of the pause. */
const JITTER = 0.25;

/**
 * Milliseconds before the next attempt, after `attempts` (1 and more) of them: doubles from 1 s to `longestPauseMs`, plus
 * jitter.
 */
export const retryPauseMs = (
  attempts: number,
  { longestPauseMs, random }: { longestPauseMs: number; random: () => number },
): number => backoffMs({ first: FIRST_MS, most: longestPauseMs }, attempts - 1) * (1 + JITTER * random());
