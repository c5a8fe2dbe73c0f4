/**
 * Stands in for `node:timers/promises`, on the global timers of the moment, which `VirtualTime` replaces. A test file mocks the
 * module with this one.
 */
type Options = { signal?: AbortSignal; ref?: boolean };

export function setTimeout<Value>(ms?: number, value?: Value, { signal }: Options = {}): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason }));
    };
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve(value as Value);
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

export const setImmediate = <Value>(value?: Value): Promise<Value> =>
  new Promise((resolve) => globalThis.setImmediate(() => resolve(value as Value)));
