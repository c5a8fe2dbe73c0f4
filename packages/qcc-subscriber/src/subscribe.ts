import { describeError } from 'qcc-core/base/errors';
import { readConnections } from './connections.ts';
import { createHandOver } from './core/hand-over.ts';
import { ClosingError, SubscriptionError } from './errors.ts';
import type { InnerHandler } from './handle-changes.ts';
import type { Change, ChangeTopic, RetryOptions, SubscribeOptions, Subscription } from './options.ts';
import { work } from './work.ts';

const CLOSE_TIMEOUT_MS = 10_000;
/** The body of a loop that throws ends the loop. */
const NO_RETRIES: RetryOptions = { retries: 0 };

/**
 * Subscribes to changes. Nothing is opened before `run` or the first `next`.
 *
 * With `for await`, a change counts as handled when the loop asks for the next one. If the loop is left with `break` or an error,
 * its last change is not handled, and comes again with the next subscription of the group.
 *
 * Delivery is at least once: after a crash, changes come again that were handled but not committed. A store that survives the
 * crash recognizes them by their version, unless `versions` is `all`.
 * @throws SubscriptionError if options contradict each other
 */
export function subscribe<const Topic extends ChangeTopic>(options: SubscribeOptions<Topic>): Subscription<Topic> {
  refuseContradictions(options);
  const closing = new AbortController();
  const cut = new AbortController();
  let working: Promise<void> | undefined;
  let problem: string | null = null;

  const start = (handler: InnerHandler<Topic>, retry = options.retry): Promise<void> => {
    if (working) throw new SubscriptionError('a subscription can be used once');
    working = closing.signal.aborted ? Promise.resolve() : begin(handler, retry);
    working.catch(() => {});
    return working;
  };
  const begin = async (handler: InnerHandler<Topic>, handlerRetry: RetryOptions | undefined): Promise<void> => {
    try {
      await work({
        options,
        connections: readConnections(options, process.env),
        handler,
        handlerRetry: handlerRetry ?? {},
        closing: closing.signal,
        cut: cut.signal,
        log: options.log ?? console,
        onProblem(found) {
          problem = found;
        },
      });
    } catch (error) {
      if (error instanceof SubscriptionError) throw error;
      if (closing.signal.aborted || error instanceof ClosingError) return;
      throw new SubscriptionError(`the subscription has ended: ${describeError(error)}`, { cause: error });
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  };
  const close = async (): Promise<void> => {
    closing.abort(new ClosingError('the subscription closes'));
    if (!working) return;
    const late = () => cut.abort(new ClosingError('the handler did not end in time'));
    const timer = setTimeout(late, options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS);
    await working.catch(() => {});
    clearTimeout(timer);
  };
  const abort = (): void => void close();
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted) abort();

  const iterate = (): AsyncIterator<Change<Topic>, undefined> => {
    const handOver = createHandOver<Change<Topic>>();
    const begun = start((change, { signal, withdrawn }) => handOver.handle(change, signal, withdrawn), NO_RETRIES);
    closing.signal.addEventListener('abort', () => handOver.end(), { once: true });
    begun.then(handOver.end, handOver.fail);
    return {
      async next() {
        const value = await handOver.next();
        if (value !== undefined) return { value, done: false };
        await begun;
        return { value: undefined, done: true };
      },
      async return() {
        closing.abort(new ClosingError('the loop was left'));
        handOver.dropCurrent();
        await close();
        return { value: undefined, done: true };
      },
    };
  };

  return {
    run: async (handler) => await start((change, { signal, attempt }) => handler(change, { signal, attempt })),
    close,
    get problem() {
      return problem;
    },
    [Symbol.asyncIterator]: iterate,
    [Symbol.asyncDispose]: close,
  };
}

function refuseContradictions<Topic extends ChangeTopic>(options: SubscribeOptions<Topic>): void {
  const { topic, group, from, versions } = options as SubscribeOptions<ChangeTopic> & { from: string };
  const problems = [
    topic !== 'enriched-records' && topic !== 'records' && `there are no changes on the topic ${topic}`,
    !group && 'a group is needed',
    !['history', 'earliest', 'latest'].includes(from) && `from is ${from}, and must be history, earliest or latest`,
    topic === 'records' && from === 'history' && 'only enriched-records has a history',
    topic === 'records' && versions === ('newest' as string) && 'records has no versions',
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new SubscriptionError(problems.join('; '));
}
