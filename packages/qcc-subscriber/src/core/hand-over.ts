import { ClosingError } from '../errors.ts';

/** Passes items from handlers to an iterator. */
export type HandOver<Item> = {
  /**
   * Resolves when the iterator has been asked for the item after this one. Rejects if the item is not handled: the signal aborted,
   * or the iterator was closed before.
   * @param withdrawn Takes the item back if the iterator does not have it yet.
   */
  handle(item: Item, signal: AbortSignal, withdrawn?: AbortSignal): Promise<void>;
  /** The next item, after the one before it is done. Undefined at the end. @throws the error that it was failed with */
  next(): Promise<Item | undefined>;
  /** Items that the iterator has not yielded yet are not handled. */
  end(): void;
  /** Nor is the one that it has yielded. */
  dropCurrent(): void;
  fail(error: unknown): void;
};

type Waiting<Item> = { item: Item; done: PromiseWithResolvers<void> };

export function createHandOver<Item>(): HandOver<Item> {
  const waiting: Waiting<Item>[] = [];
  let current: Waiting<Item> | undefined;
  let wanted: PromiseWithResolvers<Item | undefined> | undefined;
  let hasEnded = false;
  let failure: { error: unknown } | undefined;

  const take = (): void => {
    if (!wanted || (waiting.length === 0 && !hasEnded && !failure)) return;
    const asking = wanted;
    wanted = undefined;
    if (failure) {
      asking.reject(failure.error);
      return;
    }
    current = waiting.shift();
    asking.resolve(current?.item);
  };
  const dropWaiting = (): void => {
    for (const { done } of waiting.splice(0)) done.reject(new ClosingError('the subscription closes'));
  };

  return {
    async handle(item, signal, withdrawn) {
      signal.throwIfAborted();
      withdrawn?.throwIfAborted();
      if (hasEnded) throw new ClosingError('the subscription closes');
      const entry: Waiting<Item> = { item, done: Promise.withResolvers() };
      const takeBack = (): boolean => {
        const at = waiting.indexOf(entry);
        if (at >= 0) waiting.splice(at, 1);
        return at >= 0;
      };
      const abort = () => {
        takeBack();
        entry.done.reject(signal.reason);
      };
      const withdraw = () => {
        if (takeBack()) entry.done.reject(withdrawn?.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      withdrawn?.addEventListener('abort', withdraw, { once: true });
      waiting.push(entry);
      take();
      try {
        await entry.done.promise;
      } finally {
        signal.removeEventListener('abort', abort);
        withdrawn?.removeEventListener('abort', withdraw);
      }
    },
    next() {
      current?.done.resolve();
      current = undefined;
      wanted ??= Promise.withResolvers();
      const { promise } = wanted;
      take();
      return promise;
    },
    end() {
      hasEnded = true;
      dropWaiting();
      take();
    },
    dropCurrent() {
      current?.done.reject(new ClosingError('the change was not handled'));
      current = undefined;
    },
    fail(error) {
      failure = { error };
      dropWaiting();
      take();
    },
  };
}
