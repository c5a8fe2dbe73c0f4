import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { describeError } from '../base/errors.ts';

/** Pauses between two starts of the same account. */
const PAUSES = { minTimeout: 1_000, maxTimeout: 60_000 } as const;

/**
 * Starts several accounts in parallel, so that none waits for another one. Resolves once one of them runs. An account that fails to
 * start is started again after a pause. Pauses double up to one minute. The signal ends the attempts.
 * @throws Error with the problem of each account, if the first attempt fails for all of them.
 */
export async function startAccounts(input: {
  accounts: readonly string[];
  start: (account: string) => Promise<void>;
  onFailure: (account: string, error: unknown) => void;
  signal: AbortSignal;
  pauses?: { minTimeout: number; maxTimeout: number };
}): Promise<void> {
  const { accounts, start, onFailure, pauses = PAUSES } = input;
  const running = Promise.withResolvers<void>();
  const noneRuns = new AbortController();
  const signal = AbortSignal.any([input.signal, noneRuns.signal]);
  const firstFailures = new Map<string, unknown>();

  const attempt = async (account: string): Promise<void> => {
    await start(account);
    running.resolve();
  };
  const attemptAgain = async (account: string): Promise<void> => {
    try {
      await attempt(account);
    } catch (error) {
      if (!signal.aborted) onFailure(account, error);
      // p-retry does not retry a TypeError.
      throw new Error(describeError(error), { cause: error });
    }
  };
  const keepStarting = async (account: string): Promise<void> => {
    try {
      await attempt(account);
      return;
    } catch (error) {
      firstFailures.set(account, error);
      if (firstFailures.size === accounts.length) {
        const problems = accounts.map((each) => `account ${each}: ${describeError(firstFailures.get(each))}`);
        // Without effect if an account runs already.
        running.reject(new Error(problems.join('\n')));
      }
      if (!signal.aborted) onFailure(account, error);
    }
    await sleep(pauses.minTimeout, undefined, { signal });
    await pRetry(() => attemptAgain(account), { ...pauses, retries: Number.POSITIVE_INFINITY, signal });
  };

  // They reject only after the signal has aborted.
  for (const account of accounts) void keepStarting(account).catch(() => {});
  try {
    await running.promise;
  } catch (error) {
    noneRuns.abort();
    throw error;
  }
}
