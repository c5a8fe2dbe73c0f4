import { setTimeout as sleep } from 'node:timers/promises';
import pRetry, { AbortError } from 'p-retry';
import { describeError } from 'qcc-core/base/errors';
import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { createErasureIndex } from './core/erasure-index.ts';
import { ClosingError, SubscriptionError } from './errors.ts';
import { type FollowInput, followTopic } from './follow-topic.ts';
import type { ErasedRecord } from './generated/topics.ts';

/** Between two attempts, if a store fails. */
const RETRIES = { retries: Number.POSITIVE_INFINITY, minTimeout: 100, maxTimeout: 5_000 } as const;
/** For a hook that still runs when the subscription ends with an error. */
const END_LIMIT_MS = 6_000;

export type ErasureHandling = {
  /**
   * What it throws is tried again, unless it is an error that ends the subscription.
   * @param signal Aborts when the subscription ends: nothing is tried again then.
   */
  erase(erasure: ErasedRecord, signal: AbortSignal): Promise<void>;
  /** Called after some erasures: makes it durable that they were handled. */
  flush(): Promise<void>;
  /** Gets an error that ends the subscription, once `start` has resolved. */
  fail(error: SubscriptionError): void;
};

export type Erasures = AsyncDisposable & {
  /** Knows of an erasure before it is handled. */
  isErased(record: { account: string; corpKeyNo: string; id: string }, from: 'history' | 'topic'): boolean;
  /**
   * Handles what was read, and then everything that follows, in its order, until it is disposed.
   * @throws errors of `erase` and `flush` for what was read before
   */
  start(handling: ErasureHandling): Promise<void>;
};

/**
 * Reads the topic `erased-records` whole, and then follows it until it is disposed.
 * @throws SubscriptionError if it cannot be read
 */
export async function followErasures(input: FollowInput): Promise<Erasures> {
  const topic = topicName(input.prefix, TOPICS.erasedRecords);
  const index = createErasureIndex();
  const stopping = new AbortController();
  let handling: ErasureHandling | undefined;
  /** Stays set if the subscription ends. */
  let working: Promise<void> | undefined;

  let needsFlush = false;
  let problem: string | null = null;

  const setProblem = (found: string | null): void => {
    if (found !== null && found !== problem) input.log.error(found);
    problem = found;
    input.health.set('erasures', found);
  };
  const isIdle = (): boolean => index.pending().length === 0 && !needsFlush;
  const handlePending = async ({ erase, flush }: ErasureHandling): Promise<void> => {
    for (const erasure of index.pending()) {
      await erase(erasure, stopping.signal);
      index.markHandled(erasure);
      needsFlush = true;
    }
    if (needsFlush) await flush();
    needsFlush = false;
  };
  const tryToHandle = async (): Promise<void> => {
    try {
      await handlePending(handling!);
      setProblem(null);
    } catch (error) {
      if (error instanceof SubscriptionError || error instanceof ClosingError) throw new AbortError(error);
      setProblem(`an erasure is not handled yet: ${describeError(error)}`);
      // p-retry does not repeat a TypeError.
      throw new Error(describeError(error), { cause: error });
    }
  };
  const work = async (): Promise<void> => {
    try {
      while (!isIdle()) await pRetry(tryToHandle, { ...RETRIES, signal: stopping.signal });
    } catch (error) {
      if (error instanceof SubscriptionError) handling!.fail(error);
      return;
    }
    working = undefined;
  };
  const wake = (): void => {
    if (handling && !isIdle()) working ??= work();
  };

  const following = await followTopic(input, {
    topic: TOPICS.erasedRecords,
    onValue(erasure, key) {
      index.apply(key, erasure);
      wake();
    },
    onTombstone: (key) => index.apply(key, null),
  }).catch((cause) => {
    throw new SubscriptionError(
      `the topic ${topic} cannot be read: ${describeError(cause)}. It says what was erased; the user needs Read on it, and on groups whose names begin with \`${input.group}.\`.`,
      { cause },
    );
  });
  return {
    isErased: index.isErased,
    async start(given) {
      await handlePending(given);
      handling = given;
      wake();
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the subscription ends'));
      await following[Symbol.asyncDispose]();
      await Promise.race([working, sleep(END_LIMIT_MS, undefined, { ref: false })]);
    },
  };
}
